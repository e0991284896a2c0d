#!/bin/sh
# What a fresh Debian 12 or Ubuntu machine lacks for a local cluster: packages, a running engine, a
# base image. Safe to run again; prints one line a step with its seconds, everything else goes to
# the log. Nothing here is needed where Docker runs and a registry answers.
set -eu

BASE=debian:trixie-slim
LOG=${WPAAS_INSTALL_LOG:-/var/log/wpaas-install.log}
ENGINE_LOG=/var/log/wpaas-dockerd.log
PULL_S=60
ENGINE_S=60
TESTS=${WPAAS_TESTS:-0} # 1: what only the tests need too: Chromium, an SSH server, openssl, strace

if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || { echo "install.sh: run me as root, or install sudo" >&2; exit 1; }
    exec sudo -- env "WPAAS_TESTS=$TESTS" "$0" "$@"
fi
: >"$LOG"
START=$(date +%s)

done_with() { # TEXT: one finished step
    now=$(date +%s)
    printf '%6d s  %s\n' $((now - START)) "$1"
    START=$now
}

fail() { # WHAT: with the end of the log, which says why
    echo "install.sh: $1" >&2
    tail -n 15 "$LOG" >&2
    exit 1
}

apt_update() {
    DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=120 -qq update >>"$LOG" 2>&1 ||
        fail "apt-get update failed"
}

apt_install() { # PACKAGE...
    DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=120 -qq install -y \
        --no-install-recommends "$@" >>"$LOG" 2>&1 || fail "apt-get install $* failed"
}

install_packages() {
    missing=
    { command -v dockerd && command -v docker; } >/dev/null || missing="$missing docker.io"
    command -v iptables >/dev/null || missing="$missing iptables"
    command -v git >/dev/null || missing="$missing git"
    command -v curl >/dev/null || missing="$missing curl"
    python3 -c 'import ensurepip, venv' 2>/dev/null || missing="$missing python3-venv"
    [ -e /etc/ssl/certs/ca-certificates.crt ] || missing="$missing ca-certificates"
    if [ -z "$missing" ]; then
        done_with "packages: all there"
    else
        apt_update
        # From Debian 13 on, the client is a package of its own.
        case $missing in *docker.io*)
            ! apt-cache show docker-cli >/dev/null 2>&1 || missing="$missing docker-cli" ;;
        esac
        # shellcheck disable=SC2086 # a list of words
        apt_install $missing
        done_with "packages:$missing"
    fi
}

install_for_tests() {
    [ "$TESTS" = 1 ] || return 0
    missing=
    command -v openssl >/dev/null || missing="$missing openssl"
    command -v strace >/dev/null || missing="$missing strace"
    command -v ssh >/dev/null || missing="$missing openssh-client"
    { command -v chromium || command -v google-chrome; } >/dev/null || missing="$missing chromium"
    if [ ! -x /usr/sbin/sshd ]; then
        missing="$missing openssh-server"
        # The tests start it on 127.0.0.1 themselves: this machine gets no SSH server of its own
        # (`systemctl unmask ssh ssh.socket` gives it one).
        mkdir -p /etc/systemd/system
        for unit in ssh.service ssh.socket; do
            [ -e "/etc/systemd/system/$unit" ] || ln -s /dev/null "/etc/systemd/system/$unit"
        done
    fi
    if [ -z "$missing" ]; then
        done_with "for the tests: all there"
    else
        apt_update
        case $missing in *chromium*) # Ubuntu has none but a snap, which no test can start
            apt-cache show chromium >/dev/null 2>&1 ||
                fail "no package chromium here: install google-chrome, then run this again" ;;
        esac
        # shellcheck disable=SC2086 # a list of words
        apt_install $missing
        done_with "for the tests:$missing"
    fi
}

engine_answers() { timeout 5 docker version --format '{{.Server.Version}}' >/dev/null 2>&1; }

start_engine() {
    if engine_answers; then
        done_with "engine: runs"
        return
    fi
    # Best effort: a container cannot load modules, and the kernel may have them built in.
    modprobe -a overlay br_netfilter vxlan >>"$LOG" 2>&1 || true
    if [ -d /run/systemd/system ]; then
        systemctl start docker >>"$LOG" 2>&1 || fail "systemctl start docker failed"
    else
        # A pid file from before a crash may name a living process that is something else.
        pid=$(cat /run/docker.pid 2>/dev/null || true)
        [ "$(cat "/proc/${pid:-none}/comm" 2>/dev/null)" = dockerd ] || rm -f /run/docker.pid
        setsid nohup dockerd >>"$ENGINE_LOG" 2>&1 </dev/null &
    fi
    waited=0
    until engine_answers; do
        waited=$((waited + 1))
        [ "$waited" -le "$ENGINE_S" ] || { cat "$ENGINE_LOG" >>"$LOG" 2>/dev/null || true
            fail "the engine does not answer within $ENGINE_S s"; }
        sleep 1
    done
    done_with "engine: started"
}

mirror() { # the machine's own Debian mirror; empty elsewhere, where debootstrap knows one
    . /etc/os-release
    [ "$ID" != debian ] || apt-cache policy base-files |
        awk '$2 ~ /^https?:/ && $2 !~ /security/ { print $2; exit }'
}

sources() { # ROOT: updates and security beside the release, from the machine's own mirrors
    [ -z "$(mirror)" ] || echo "deb $(mirror) trixie-updates main" >>"$1/etc/apt/sources.list"
    security=$(apt-cache policy |
        awk '$2 ~ /^https?:.*-security/ && $3 ~ /-security\/main$/ { print $2; exit }')
    [ -z "$(mirror)" ] || [ -z "$security" ] ||
        echo "deb $security trixie-security main" >>"$1/etc/apt/sources.list"
}

slim() { # ROOT: what the official slim image leaves out, and its settings for apt in layers
    cat >"$1/etc/dpkg/dpkg.cfg.d/slim" <<'EOF'
force-unsafe-io
path-exclude /usr/share/doc/*
path-include /usr/share/doc/*/copyright
path-exclude /usr/share/man/*
path-exclude /usr/share/info/*
path-exclude /usr/share/locale/*
EOF
    cat >"$1/etc/apt/apt.conf.d/slim" <<'EOF'
DPkg::Post-Invoke { "rm -f /var/cache/apt/archives/*.deb /var/cache/apt/*.bin || true"; };
APT::Update::Post-Invoke { "rm -f /var/cache/apt/archives/*.deb /var/cache/apt/*.bin || true"; };
Dir::Cache::pkgcache "";
Dir::Cache::srcpkgcache "";
Acquire::Languages "none";
EOF
    find "$1/usr/share/doc" -type f ! -name copyright -delete
    find "$1/usr/share/doc" -type l ! -name copyright -delete
    rm -rf "$1"/usr/share/man/* "$1"/usr/share/info/* "$1"/usr/share/locale/* \
        "$1"/var/cache/apt/archives/*.deb "$1"/var/cache/apt/*.bin "$1"/var/lib/apt/lists/* \
        "$1"/var/log/*.log "$1"/var/log/apt "$1"/debootstrap
}

bootstrap_base() {
    apt_update
    command -v debootstrap >/dev/null || apt_install debootstrap
    [ -e /usr/share/keyrings/debian-archive-keyring.gpg ] || apt_install debian-archive-keyring
    work=$(mktemp -d)
    trap 'rm -rf "$work"' EXIT INT TERM
    # shellcheck disable=SC2046 # no mirror is no argument
    debootstrap --variant=minbase trixie "$work/root" $(mirror) >>"$LOG" 2>&1 ||
        fail "debootstrap failed"
    sources "$work/root"
    slim "$work/root"
    # The label says later where the base of every image came from.
    tar -C "$work/root" --numeric-owner -c . |
        docker import --change 'CMD ["bash"]' --change 'LABEL wpaas.base=debootstrap' - "$BASE" \
            >>"$LOG" 2>&1 || fail "docker import failed"
    rm -rf "$work"
}

base_image() {
    if docker image inspect "$BASE" >/dev/null 2>&1; then
        done_with "base image: there ($(docker image inspect \
            --format '{{or (index .Config.Labels "wpaas.base") "registry"}}' "$BASE"))"
    elif timeout "$PULL_S" docker pull --quiet "$BASE" >>"$LOG" 2>&1; then
        done_with "base image: pulled"
    else
        bootstrap_base
        done_with "base image: no registry answers, made with debootstrap"
    fi
}

install_packages
install_for_tests
start_engine
base_image
