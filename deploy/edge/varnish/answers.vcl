# Caddy's answer: whether it is stored, under which keys it can be purged, and what a visitor sees of it.

sub vcl_backend_fetch {
    unset bereq.http.Via;
    unset bereq.http.X-Varnish;
    if (!bereq.uncacheable) {
        # What is stored for all was asked for by nobody in particular.
        set bereq.http.User-Agent = "wpaas-edge";
        set bereq.http.Accept = "*/*";
        unset bereq.http.Accept-Language;
        unset bereq.http.Referer;
        unset bereq.http.Cookie;
        unset bereq.http.DNT;
        unset bereq.http.Save-Data;
        set bereq.http.X-Wpaas-Shared = "yes";
        set bereq.http.X-Wpaas-Began = std.time2real(now, 0.0);
    }
    return (fetch);
}

sub vcl_backend_response {
    if (beresp.status != 206 && !bereq.http.Range && !beresp.http.Content-Encoding
        && beresp.http.Content-Type ~ "(?i)^(text/|image/svg|application/([a-z.+-]*(json|xml)|javascript|wasm)|font/(ttf|otf))") {
        set beresp.do_gzip = true;
    }
    if (bereq.uncacheable) {
        return (deliver);
    }
    if (beresp.status >= 500) {
        call failed;
    }
    # An unknown host, or Caddy itself.
    if (beresp.http.X-Wpaas-Site !~ "^[a-z0-9-]+$") {
        set beresp.uncacheable = true;
        set beresp.ttl = 0s;
        return (deliver);
    }
    call keys;
    call stored_or_not;
    if (beresp.ttl > 1d) {
        set beresp.ttl = 1d;
    }
    # See vcl_recv: shown for 60 s while a new answer is fetched, and for a day where none can be had.
    set beresp.grace = 1d;
    set beresp.keep = 0s;
    return (deliver);
}

sub vcl_backend_error {
    set beresp.http.Cache-Control = "no-store";
    set beresp.http.Retry-After = "2";
    set beresp.http.Content-Type = "text/plain; charset=utf-8";
    set beresp.body = "503 Service Unavailable";
    if (!bereq.uncacheable) {
        call failed;
    }
    return (deliver);
}

# Of a page that others may share. What is stored stays, see vcl_deliver and vcl_recv.
sub failed {
    # Not for a page that WordPress cannot make by itself: the others are well.
    if (beresp.status >= 502 && vsthrottle.is_denied("failed " + bereq.http.Host, 1, 10s)) {
        std.log("failed again");
    }
    if (bereq.is_bgfetch) {
        return (abandon);
    }
    # Those who wait for the same page are told what this one was told: each would else try in turn, and
    # the last wait longest. Only where no webhead answered: what one says may be meant for this visitor
    # alone. Not where an older page is stored, which this would hide.
    if (beresp.status >= 502 && !beresp.http.X-Wpaas-Site && !bereq.http.X-Wpaas-Old) {
        set beresp.ttl = 1s;
        set beresp.grace = 0s;
        set beresp.keep = 0s;
        return (deliver);
    }
    set beresp.uncacheable = true;
    set beresp.ttl = 0s;
    set beresp.grace = 0s;
    return (deliver);
}

# What the webhead names, with the site before it, which is Caddy's word: no site purges another's.
sub keys {
    std.collect(beresp.http.Xkey, " ");
    if (beresp.http.Xkey ~ "^.{4097}" || beresp.http.Xkey ~ "[^A-Za-z0-9_ -]") {
        set beresp.http.Xkey = "huge";
    }
    if (bereq.url ~ "^/+wp-content/+uploads/") {
        set beresp.http.Xkey = beresp.http.Xkey + " media";
    }
    set beresp.http.Xkey = regsuball(beresp.http.Xkey + " site", " *([^ ]+)", beresp.http.X-Wpaas-Site + "/\1 ");
    set beresp.http.X-Wpaas-Host = bereq.http.Host;
}

# Returns for what is stored. For the rest it is remembered for a moment that it is not: others who ask
# for it then do not wait for each other, and their own headers reach the webhead.
sub stored_or_not {
    if (beresp.status != 200 && beresp.status != 301 && beresp.status != 308
        && beresp.status != 404 && beresp.status != 410) {
        return (pass(10s));
    }
    if (beresp.http.Set-Cookie || beresp.http.Cache-Control !~ "(?i)(public|s-maxage)"
        || beresp.http.Cache-Control ~ "(?i)(private|no-store|no-cache)" || beresp.ttl <= 0s) {
        return (pass(10s));
    }
    std.collect(beresp.http.Vary);
    if (beresp.http.Vary && regsuball(beresp.http.Vary, "(?i)(accept-encoding|origin|[ ,])", "") != "") {
        return (pass(10s));
    }
    if (std.integer(beresp.http.Content-Length, 0) > 1048576) {
        return (pass(120s));
    }
    # Said by somebody who is not believed, so the answer is not what the key says.
    if (bereq.http.X-Forwarded-Proto == "https" && beresp.http.X-Wpaas-Trusted != "true") {
        set beresp.uncacheable = true;
        set beresp.ttl = 0s;
        return (deliver);
    }
    # Begun before the site was purged, or hosts moved, it may show what was true before.
    if (std.real(bereq.http.X-Wpaas-Began, 0.0) <= std.real(var.global_get("purged " + beresp.http.X-Wpaas-Site), 0.0)
        || std.real(bereq.http.X-Wpaas-Began, 0.0) <= std.real(var.global_get("hosts"), 0.0)) {
        set beresp.uncacheable = true;
        set beresp.ttl = 0s;
        return (deliver);
    }
}

sub told {
    unset resp.http.Xkey;
    unset resp.http.X-Wpaas-Site;
    unset resp.http.X-Wpaas-Host;
    unset resp.http.X-Wpaas-Trusted;
    unset resp.http.Via;
    unset resp.http.X-Varnish;
    set resp.http.X-Request-Id = req.http.X-Request-Id;
    if (req.http.X-Wpaas-Cache == "hit") {
        set resp.http.X-Cache = "hit, age " + resp.http.Age;
    } else if (req.http.X-Wpaas-Cache) {
        set resp.http.X-Cache = req.http.X-Wpaas-Cache;
    }
    if (var.global_get("draining")) {
        set resp.http.Connection = "close";
    }
}
