# 127.0.0.1:6081, which Caddy and the entrypoint alone reach. Never returns.

sub door {
    if (req.method == "PURGE") {
        call purge_door;
    }
    if (req.method == "GET" && req.url == "/hosts") {
        call hosts_door;
    }
    if (req.method == "GET" && req.url == "/log-in") {
        # A coarse limit, by node: the exact one, which all webheads share, is in PHP.
        if (vsthrottle.is_denied("log-in " + req.http.X-Wpaas-Client, 30, 60s)) {
            return (synth(429, "Too Many Requests"));
        }
        return (synth(200));
    }
    if (req.method == "GET" && req.url == "/drain") {
        var.global_set("draining", "yes");
        return (synth(200));
    }
    return (synth(404));
}

# Xkey: keys without the site. `huge` is what had too many keys to name: purged with every one.
sub purge_door {
    std.collect(req.http.Xkey, " ");
    if (req.http.X-Wpaas-Site !~ "^[a-z0-9-]+$" || req.http.Xkey !~ "^[A-Za-z0-9_ -]+$") {
        return (synth(400));
    }
    var.global_set("purged " + req.http.X-Wpaas-Site, std.time2real(now, 0.0));
    set req.http.Xkey = regsuball(req.http.Xkey + " huge", " *([^ ]+)", req.http.X-Wpaas-Site + "/\1 ");
    return (synth(200, "purged " + xkey.purge(req.http.Xkey)));
}

# The hosts that left or moved; without them, or with many, everything goes.
sub hosts_door {
    var.global_set("hosts", std.time2real(now, 0.0));
    if (req.http.X-Wpaas-Hosts ~ "^[a-z0-9. -]{1,4000}$") {
        set req.http.X-Wpaas-Hosts = "^(" + regsuball(regsuball(req.http.X-Wpaas-Hosts, "\.", "\."), " +", "|") + ")$";
    } else {
        set req.http.X-Wpaas-Hosts = ".";
    }
    if (!std.ban("obj.http.X-Wpaas-Host ~ " + req.http.X-Wpaas-Hosts)) {
        return (synth(500, "not banned"));
    }
    return (synth(200));
}
