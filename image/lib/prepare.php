<?php
/**
 * First step of a webhead, run by the init: checks config and secret, and writes what nginx and
 * php-fpm need of them to /run. Exits 1 with one JSON line when something is missing.
 *
 * @license GPL-2.0-or-later
 */

declare(strict_types=1);

namespace Wpaas;

require __DIR__ . '/configuration.php';

/** Megabytes beside the children: opcache, tmpfs files, nginx and php-fpm's master. */
const MEMORY_BESIDE_MB = 64 + 48 + 24;
/** Megabytes for one child of php-fpm; measured 15 to 25 with core alone. */
const MEMORY_CHILD_MB = 40;

/** How many children fit in the container's memory limit. */
function children(int $memory_mb): int
{
    return max(2, intdiv($memory_mb - MEMORY_BESIDE_MB, MEMORY_CHILD_MB));
}

/** The pool's settings that depend on the site. */
function pool(Configuration $configuration): string
{
    $upload = $configuration->number('limits.upload_mb');
    return implode("\n", [
        '[www]',
        'pm.max_children = ' . children($configuration->number('limits.memory_mb')),
        "php_admin_value[upload_max_filesize] = {$upload}M",
        'php_admin_value[post_max_size] = ' . ($upload + 8) . 'M',
        'php_admin_value[openssl.cafile] = ' . authorities($configuration, 'database'),
        '',
    ]);
}

/** @throws ConfigurationMissing when the file is not there: nothing outside could be trusted */
function authorities(Configuration $configuration, string $service): string
{
    $file = checked("$service.ca_file", $configuration->authorities($service), '/[a-z0-9/.-]+');
    if (!is_readable($file)) {
        throw new ConfigurationMissing("$file cannot be read");
    }
    return $file;
}

/** @throws ConfigurationMissing when a value could change the meaning of nginx's configuration */
function checked(string $what, string $value, string $pattern): string
{
    if (preg_match("~^$pattern\$~D", $value) !== 1) {
        throw new ConfigurationMissing("config.json: $what has characters that cannot be in it");
    }
    return $value;
}

/** The servers of the site: its own host, and a redirect for the others. */
function servers(Configuration $configuration): string
{
    [$scheme, $host, $port] = $configuration->home();
    $home = checked('home', $configuration->text('home'), 'https?://[a-z0-9.-]+(:[0-9]+)?');
    $authority = substr($home, strlen("$scheme://"));
    $endpoint = checked('store.endpoint', $configuration->text('store.endpoint'), 'https?://[a-z0-9.-]+(:[0-9]+)?');
    $bucket = checked('store.bucket', $configuration->text('store.bucket'), '[a-z0-9][a-z0-9.-]+');
    $authorities = authorities($configuration, 'store');
    $https = $scheme === 'https' ? 'on' : '';
    $upload = $configuration->number('limits.upload_mb');
    $body = $upload + 8;
    $aliases = array_diff($configuration->domains(), [$host]);
    foreach ($aliases as $alias) {
        checked('domains', $alias, '[a-z0-9.-]+');
    }
    // A year, and no word about subdomains: they may be another's.
    $hsts = $https === '' ? '""' : '"max-age=31536000"';
    $site = checked('site', $configuration->text('site'), '[a-z0-9-]+');
    $text = <<<NGINX
        map '' \$hsts { default $hsts; }
        client_max_body_size {$body}m;
        server {
            include /run/wpaas/nginx-listen.conf;
            server_name $host;
            set \$site $site;
            set \$home_host $authority;
            set \$home_port $port;
            set \$home_https "$https";
            set \$store_endpoint $endpoint;
            set \$store_bucket $bucket;
            set \$upload_mb $upload;
            proxy_ssl_trusted_certificate $authorities;
            include /etc/nginx/site.conf;
        }

        NGINX;
    if ($aliases !== []) {
        $names = implode(' ', $aliases);
        $text .= <<<NGINX
            server {
                include /run/wpaas/nginx-listen.conf;
                server_name $names;
                set \$site $site;
                access_log /dev/stderr json;
                include /etc/nginx/headers.conf;
                location / { return 301 $home\$request_uri; }
            }

            NGINX;
    }
    return $text;
}

/**
 * Where nginx listens. In the cluster the config names the authority of the edge: then nobody gets in
 * from outside who does not show a certificate by it, and the plain port is for checks from inside.
 * A stand of tests has no edge, and no neighbour: without `edge_ca` the plain port is open.
 *
 * @return array<string, string> file below /run/wpaas → text
 * @throws ConfigurationMissing
 */
function listeners(Configuration $configuration): array
{
    if (!$configuration->has('edge_ca')) {
        return ['nginx-listen.conf' => "listen 8080;\n", 'nginx-tls.conf' => ''];
    }
    $authority = $configuration->text('edge_ca');
    $certificate = $configuration->secret('tls_certificate');
    $key = $configuration->secret('tls_key');
    if (openssl_x509_read($authority) === false) {
        throw new ConfigurationMissing('config.json: edge_ca is not a certificate');
    }
    if (!openssl_x509_check_private_key($certificate, $key)) {
        throw new ConfigurationMissing('secret.json: tls_key is not the key of tls_certificate');
    }
    return [
        'tls/edge-ca.pem' => $authority,
        'tls/site.pem' => $certificate,
        'tls/site.key' => $key,
        'nginx-listen.conf' => "listen 127.0.0.1:8080;\nlisten 8443 ssl;\n",
        'nginx-tls.conf' => <<<'NGINX'
            ssl_certificate /run/wpaas/tls/site.pem;
            ssl_certificate_key /run/wpaas/tls/site.key;
            ssl_client_certificate /run/wpaas/tls/edge-ca.pem;
            ssl_verify_client on;
            ssl_verify_depth 1;
            ssl_protocols TLSv1.3;
            # The edge keeps no session; tickets would only be made and thrown away.
            ssl_session_cache off;
            ssl_session_tickets off;

            NGINX,
    ];
}

/** @throws ConfigurationMissing when a folder cannot be written: /run and /tmp must be tmpfs */
function write(string $file, string $text): void
{
    if (!is_dir(dirname($file)) && !@mkdir(dirname($file), 0700, true)
        || @file_put_contents($file, $text) !== strlen($text)) {
        throw new ConfigurationMissing("$file cannot be written; /run and /tmp must be tmpfs");
    }
}

umask(0077);
try {
    $configuration = Configuration::load();
    foreach (listeners($configuration) as $file => $text) {
        write("/run/wpaas/$file", $text);
    }
    write('/run/wpaas/php-fpm-site.conf', pool($configuration));
    write('/run/wpaas/php/site.ini', 'openssl.cafile = ' . authorities($configuration, 'database') . "\n");
    write('/run/wpaas/nginx-site.conf', servers($configuration));
    write('/tmp/.wpaas', '');
} catch (ConfigurationMissing $missing) {
    log_line('cannot start', ['cause' => $missing->getMessage()]);
    exit(1);
}
