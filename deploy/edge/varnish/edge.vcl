# What meets a visitor first: Varnish, which answers what it has stored and asks Caddy's inner
# listener for the rest. Compiled while the image is built (see Dockerfile): a node has no compiler.
# Nothing is stored unless the webhead says so (answers.vcl).
vcl 4.1;

import std;
import var;
import vsthrottle;
import xkey;

# One connection a request, each beginning with the visitor's address (PROXY protocol): so Caddy
# decides whose X-Forwarded-* is believed as if it stood here itself. Caddy gives up before this does.
backend caddy {
    .host = "127.0.0.1";
    .port = "8081";
    .proxy_header = 1;
    .connect_timeout = 2s;
    .first_byte_timeout = 140s;
    .between_bytes_timeout = 140s;
}

include "/etc/varnish/doors.vcl";
include "/etc/varnish/requests.vcl";
include "/etc/varnish/answers.vcl";

sub vcl_recv {
    if (local.socket == "doors") {
        call door;
    }
    if (req.restarts == 0) {
        call own_headers;
    }
    if (req.url ~ "^/-/(self|edge)$" && var.global_get("draining")) {
        return (synth(503));
    }
    if (req.method !~ "^(GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS)$") {
        return (synth(405));
    }
    # More than any site takes: no webhead gets it. It is said once all of it has come, see ARCHITECTURE.
    if (req.http.Content-Length ~ "^[0-9]{10,}$") {
        return (synth(413));
    }
    call shared_or_not;
    # A site that failed a moment ago shows what it has, without each visitor finding out anew.
    if (req.restarts == 0 && vsthrottle.remaining("failed " + req.http.Host, 1, 10s) == 0) {
        set req.http.X-Wpaas-Failed = "yes";
        set req.hash_ignore_busy = true;
    }
    # The second time, a page that is too old does not count: see vcl_hit.
    if (req.http.X-Wpaas-Old && !req.http.X-Wpaas-Failed) {
        set req.grace = 60s;
    } else {
        set req.grace = 1d;
    }
    return (hash);
}

sub vcl_hash {
    hash_data(req.http.Host);
    hash_data(req.http.X-Forwarded-Proto);
    hash_data(req.url);
    return (lookup);
}

sub vcl_hit {
    # For a minute after its time a page is shown while a new one is fetched. Later it is only the
    # answer for a visitor whose own could not be made.
    if (obj.ttl <= -60s && !req.http.X-Wpaas-Failed) {
        set req.http.X-Wpaas-Old = "yes";
        return (restart);
    }
    set req.http.X-Wpaas-Cache = "hit";
    return (deliver);
}

sub vcl_miss {
    set req.http.X-Wpaas-Cache = "miss";
    return (fetch);
}

sub vcl_pass {
    set req.http.X-Wpaas-Cache = "pass";
    return (fetch);
}

sub vcl_deliver {
    if (resp.status >= 500 && req.http.X-Wpaas-Old && !req.http.X-Wpaas-Failed) {
        set req.http.X-Wpaas-Failed = "yes";
        return (restart);
    }
    call told;
    return (deliver);
}

sub vcl_synth {
    call told;
    set resp.http.Cache-Control = "no-store";
    set resp.http.Content-Type = "text/plain; charset=utf-8";
    set resp.body = "" + resp.status + " " + resp.reason;
    return (deliver);
}
