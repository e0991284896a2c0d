<?php
/**
 * The site's configuration: one mounted JSON file, and one with its secrets.
 *
 * @license GPL-2.0-or-later
 */

declare(strict_types=1);

namespace Wpaas;

require_once __DIR__ . '/log.php';

/** A file is missing, unreadable or lacks a value; the message names it and holds no secret. */
final class ConfigurationMissing extends \RuntimeException
{
}

/** What config.json and secret.json say, checked for presence and type. */
final class Configuration
{
    public const FOLDER = '/etc/wpaas';
    /** WordPress's own copy of Mozilla's list. */
    public const PUBLIC_AUTHORITIES = '/usr/share/wpaas/wordpress/wp-includes/certificates/ca-bundle.crt';
    /** The eight keys and salts of WordPress. */
    public const SALTS = ['AUTH_KEY', 'SECURE_AUTH_KEY', 'LOGGED_IN_KEY', 'NONCE_KEY',
        'AUTH_SALT', 'SECURE_AUTH_SALT', 'LOGGED_IN_SALT', 'NONCE_SALT'];

    /**
     * @param array<string, mixed> $config
     * @param array<string, mixed> $secret
     */
    private function __construct(private readonly array $config, private readonly array $secret)
    {
    }

    /** @throws ConfigurationMissing */
    public static function load(string $folder = self::FOLDER): self
    {
        $read = new self(self::read("$folder/config.json"), self::read("$folder/secret.json"));
        foreach (['site', 'home', 'database.host', 'database.name', 'database.user',
            'store.endpoint', 'store.bucket', 'store.region'] as $name) {
            $read->text($name);
        }
        foreach (['database.port', 'limits.upload_mb', 'limits.memory_mb'] as $name) {
            $read->number($name);
        }
        foreach (['database_password', 'store_access_key', 'store_secret_key'] as $name) {
            $read->secret($name);
        }
        foreach (self::SALTS as $name) {
            $read->salt($name);
        }
        return $read;
    }

    /** A text of config.json, `a.b` for nested ones. @throws ConfigurationMissing */
    public function text(string $name): string
    {
        $value = $this->find($name);
        if (!is_string($value) || $value === '') {
            throw new ConfigurationMissing("config.json: $name must be a text that is not empty");
        }
        return $value;
    }

    /** @throws ConfigurationMissing */
    public function number(string $name): int
    {
        $value = $this->find($name);
        if (!is_int($value) || $value < 1) {
            throw new ConfigurationMissing("config.json: $name must be a whole number above 0");
        }
        return $value;
    }

    /** File with the authorities that may sign the certificate of `database`, `store` or `mail`. @throws ConfigurationMissing */
    public function authorities(string $service): string
    {
        return $this->find("$service.ca_file") === null ? self::PUBLIC_AUTHORITIES : $this->text("$service.ca_file");
    }

    /** Whether an optional value is there. */
    public function has(string $name): bool
    {
        return $this->find($name) !== null;
    }

    /** Whether an optional switch stands on. */
    public function on(string $name): bool
    {
        return $this->find($name) === true;
    }

    /** @throws ConfigurationMissing */
    public function secret(string $name): string
    {
        $value = $this->secret[$name] ?? null;
        if (!is_string($value) || $value === '') {
            throw new ConfigurationMissing("secret.json: $name is missing or empty");
        }
        return $value;
    }

    /** @throws ConfigurationMissing */
    public function salt(string $name): string
    {
        $value = $this->secret['salts'][$name] ?? null;
        if (!is_string($value) || strlen($value) < 32) {
            throw new ConfigurationMissing("secret.json: salts.$name is missing or shorter than 32");
        }
        return $value;
    }

    /**
     * The proxy for outgoing HTTP, or null where there is none: host, port, and what it knows the site
     * by. A stand's proxy asks for no password.
     *
     * @return array{string, int, ?string}|null
     */
    public function egress(): ?array
    {
        return $this->find('egress.host') === null ? null
            : [$this->text('egress.host'), $this->number('egress.port'), $this->secret['egress_password'] ?? null];
    }

    /**
     * The relay that takes mail, or null where the site sends none. @throws ConfigurationMissing
     *
     * @return array{host: string, port: int, tls: string, from: string, user: string, password: string}|null
     */
    public function mail(): ?array
    {
        if ($this->find('mail') === null) {
            return null;
        }
        $login = isset($this->secret['mail_user']);
        return [
            'host' => $this->text('mail.host'), 'port' => $this->number('mail.port'),
            'tls' => $this->text('mail.tls'), 'from' => $this->text('mail.from'),
            'user' => $login ? $this->secret('mail_user') : '',
            'password' => $login ? $this->secret('mail_password') : '',
        ];
    }

    /** Scheme, host without port, and port of the site's address. @return array{string, string, int} */
    public function home(): array
    {
        $parts = parse_url($this->text('home'));
        $scheme = $parts['scheme'] ?? '';
        if (!in_array($scheme, ['http', 'https'], true) || empty($parts['host']) || isset($parts['path'])) {
            throw new ConfigurationMissing('config.json: home must be SCHEME://HOST[:PORT]');
        }
        return [$scheme, strtolower($parts['host']), $parts['port'] ?? ($scheme === 'https' ? 443 : 80)];
    }

    /** Every host the site answers for. @return list<string> */
    public function domains(): array
    {
        $hosts = $this->find('domains');
        if (!is_array($hosts) || array_filter($hosts, static fn ($host) => !is_string($host)) !== []) {
            throw new ConfigurationMissing('config.json: domains must be a list of host names');
        }
        return array_values($hosts);
    }

    private function find(string $name): mixed
    {
        $value = $this->config;
        foreach (explode('.', $name) as $key) {
            $value = is_array($value) ? $value[$key] ?? null : null;
        }
        return $value;
    }

    /** @return array<string, mixed> */
    private static function read(string $file): array
    {
        $text = is_file($file) ? @file_get_contents($file) : false;
        if ($text === false) {
            throw new ConfigurationMissing("$file cannot be read");
        }
        $value = json_decode($text, true, 16);
        if (!is_array($value) || ($value['format'] ?? null) !== 1) {
            throw new ConfigurationMissing("$file is not a JSON object with format 1");
        }
        return $value;
    }
}
