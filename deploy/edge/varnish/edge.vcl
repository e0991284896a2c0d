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
    call shared_or_not;
    # An answer older than this is not shown while a new one can be had. A site that failed a moment
    # ago shows what it has, without each visitor finding out anew.
    if (req.http.X-Wpaas-Failed || vsthrottle.remaining("failed " + req.http.Host, 1, 10s) == 0) {
        set req.http.X-Wpaas-Failing = "yes";
        set req.hash_ignore_busy = true;
        set req.grace = 1d;
    } else {
        set req.grace = 60s;
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
    set req.http.X-Wpaas-Cache = "hit";
    return (deliver);
}

sub vcl_miss {
    set req.http.X-Wpaas-Cache = "miss";
    # Asked a moment ago, and failed; there is nothing old to show either.
    if (req.http.X-Wpaas-Failed) {
        return (synth(503));
    }
    return (fetch);
}

sub vcl_pass {
    set req.http.X-Wpaas-Cache = "pass";
    return (fetch);
}

sub vcl_deliver {
    if (resp.status >= 500 && req.http.X-Wpaas-Cache == "miss" && !req.http.X-Wpaas-Failing) {
        set req.http.X-Wpaas-Failed = resp.status;
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
    if (req.http.X-Wpaas-Failed) {
        set resp.status = std.integer(req.http.X-Wpaas-Failed, 503);
        set resp.http.Retry-After = "2";
        set resp.http.Content-Type = "text/html; charset=utf-8";
        set resp.body = {"<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Back in a moment</title></head>
<body><h1>Back in a moment</h1><p>This page cannot be shown now. Please try again shortly.</p></body></html>
"};
    }
    return (deliver);
}
