# A visitor's request: what it may say about itself, and whether its answer may be another's too.

sub own_headers {
    # Ours alone, between Varnish and Caddy.
    unset req.http.X-Wpaas-Cache;
    unset req.http.X-Wpaas-Failed;
    unset req.http.X-Wpaas-Old;
    unset req.http.X-Wpaas-Began;
    unset req.http.X-Wpaas-Cookie;
    unset req.http.X-Wpaas-Site;
    unset req.http.X-Wpaas-Client;
    unset req.http.X-Wpaas-Shared;
    unset req.http.Xkey;
    # Words that some programs believe. WordPress hears none, so none can be in a stored page.
    unset req.http.Forwarded;
    unset req.http.Proxy;
    unset req.http.X-Forwarded-Host;
    unset req.http.X-Forwarded-Port;
    unset req.http.X-Forwarded-Server;
    unset req.http.X-Forwarded-Scheme;
    unset req.http.X-Forwarded-Prefix;
    unset req.http.X-Forwarded-Ssl;
    unset req.http.X-Forwarded-Uri;
    unset req.http.X-Original-Host;
    unset req.http.X-Original-URL;
    unset req.http.X-Rewrite-URL;
    unset req.http.X-Host;
    unset req.http.X-HTTP-Host-Override;
    unset req.http.Front-End-Https;

    # Of each request, for the logs of edge and webhead. A visitor's own is not taken.
    set req.http.X-Request-Id = std.integer(real = std.random(100000000, 1000000000))
        + "-" + std.integer(real = std.random(100000000, 1000000000)) + "-" + req.xid;

    if (req.http.Host) {
        set req.http.Host = regsub(std.tolower(req.http.Host), "\.?(:[0-9]*)?$", "");
    }
    # Caddy finds out whether whoever says so may; answers.vcl stores nothing for one who may not.
    if (req.http.X-Forwarded-Proto ~ "(?i)^https$") {
        set req.http.X-Forwarded-Proto = "https";
    } else {
        set req.http.X-Forwarded-Proto = "http";
    }
}

# Returns only for what may be stored, and be answered from the store.
sub shared_or_not {
    if (req.method != "GET" && req.method != "HEAD") {
        return (pass);
    }
    if (req.http.Host !~ "^[a-z0-9.-]+$") {
        return (pass);
    }
    # A body, a part, another method: PHP would see them, the key would not.
    if (req.http.Content-Length ~ "[1-9]" || req.http.Transfer-Encoding || req.http.Range
        || req.http.X-HTTP-Method-Override || req.http.Upgrade) {
        return (pass);
    }
    # Files of the code: nginx asks nobody who wants them.
    if (req.url ~ "^/(wp-includes|wp-admin|wp-content/(plugins|themes))/[^?]+\.(css|js|mjs|svg|png|jpe?g|gif|webp|avif|ico|woff2?|ttf|otf|eot)(\?|$)"
        && req.url !~ "\.php") {
        unset req.http.Cookie;
        unset req.http.Authorization;
        unset req.http.Origin;
        return;
    }
    if (req.http.Authorization || req.http.X-WP-Nonce || req.http.X-Requested-With || req.http.Origin
        || req.http.Accept ~ "(?i)(activity|ld)\+json") {
        return (pass);
    }
    if (req.url ~ "(?i)^/*(wp-admin|wp-login\.php|wp-cron\.php|wp-comments-post\.php|xmlrpc\.php|-)(/|\?|$)") {
        return (pass);
    }
    if (req.url ~ "[?&](preview|preview_id|preview_nonce|_wpnonce|_method|customize_[a-z_]+|wpaas-login|add-to-cart|wc-ajax|edd_action|doing_wp_cron)(=|&|$)") {
        return (pass);
    }
    call cookies;
    call tracking;
}

# A cookie that is not known to be harmless may change the page, whatever its name: wordpress_logged_in_,
# wp-postpass_, comment_author_, a cart, a PHP session. Known are those that scripts of statistics set
# for themselves, and the one by which WordPress's log-in form tries whether cookies are kept.
sub cookies {
    if (!req.http.Cookie) {
        return;
    }
    std.collect(req.http.Cookie, "; ");
    set req.http.X-Wpaas-Cookie = regsuball("; " + req.http.Cookie,
        "; *(_ga|_ga_[A-Za-z0-9]+|_gid|_gat|_gat_[A-Za-z0-9_-]+|_dc_gtm_[A-Za-z0-9_-]+|_gcl_[a-z]+|__utm[a-z]+|_fbp|_fbc|_pk_[a-z]+[A-Za-z0-9_.]*|_hj[A-Za-z0-9_]+|_clck|_clsk|_uetsid|_uetvid|wordpress_test_cookie)=[^;]*", "");
    if (req.http.X-Wpaas-Cookie ~ "[^; ]") {
        unset req.http.X-Wpaas-Cookie;
        return (pass);
    }
    unset req.http.X-Wpaas-Cookie;
    unset req.http.Cookie;
}

# Who sent a visitor is for scripts in the browser. Taken from what WordPress sees as well as from the
# key: a page that repeats its own address would hand one visitor's words to the next.
sub tracking {
    if (req.url ~ "(?i)[?&](utm_[a-z_]+|fbclid|gclid|gclsrc|dclid|gbraid|wbraid|msclkid|mc_[ce]id|igshid|yclid|ttclid|twclid|_gl)(=|&|$)") {
        set req.url = regsuball(req.url, "(?i)(?<=[?&])(utm_[a-z_]+|fbclid|gclid|gclsrc|dclid|gbraid|wbraid|msclkid|mc_[ce]id|igshid|yclid|ttclid|twclid|_gl)(=[^&]*)?(&|$)", "");
        set req.url = regsub(req.url, "[?&]$", "");
    }
}
