<?php
/**
 * The calls to the object store that uploads need, path style, over one kept connection.
 *
 * @license GPL-2.0-or-later
 */

declare(strict_types=1);

namespace Wpaas\S3;

use Wpaas\Configuration;

require_once __DIR__ . '/signer.php';

/** The store refused or did not answer; the code is the HTTP status, 0 without an answer. */
final class StoreFailed extends \RuntimeException
{
}

/** What the store says about one object. Size in bytes, time in seconds since 1970; the tag changes with the content. */
final class Found
{
    public function __construct(
        public readonly int $size,
        public readonly int $changed_at,
        public readonly string $tag = '',
    ) {
    }
}

final class Client
{
    /** Seconds: to connect, and without one byte of progress. php-fpm ends a request after 20 s. */
    private const CONNECT = 2;
    private const STALLED = 4;

    private ?\CurlHandle $connection = null;
    /** Set once it did not answer: a request of a visitor waits for a dead store once, not at each file. */
    private bool $away = false;
    private readonly Signer $signer;

    public function __construct(
        private readonly string $endpoint,
        private readonly string $bucket,
        string $region,
        string $access_key,
        #[\SensitiveParameter] string $secret_key,
        private readonly string $authorities = Configuration::PUBLIC_AUTHORITIES,
    ) {
        $this->signer = new Signer($access_key, $secret_key, $region);
    }

    public static function of(Configuration $configuration): self
    {
        return new self(
            rtrim($configuration->text('store.endpoint'), '/'),
            $configuration->text('store.bucket'),
            $configuration->text('store.region'),
            $configuration->secret('store_access_key'),
            $configuration->secret('store_secret_key'),
            $configuration->authorities('store'),
        );
    }

    /** Null when there is no such object. @throws StoreFailed */
    public function head(string $key): ?Found
    {
        [$status, , $headers] = $this->call('HEAD', $key);
        if ($status === 404) {
            return null;
        }
        self::expect($status, [200], "look at $key");
        return new Found(
            (int) ($headers['content-length'] ?? 0),
            (int) strtotime($headers['last-modified'] ?? 'now'),
            $headers['etag'] ?? '',
        );
    }

    /** So many bytes of an object from an offset, as long as it has this tag. @throws StoreFailed */
    public function part(string $key, int $offset, int $count, string $tag): string
    {
        $headers = ['Range' => "bytes=$offset-" . ($offset + $count - 1)] + ($tag === '' ? [] : ['If-Match' => $tag]);
        [$status, $body] = $this->call('GET', $key, $headers);
        self::expect($status, [206], "read a part of $key");
        return $body;
    }

    /** Address of an object below the endpoint, for whoever has it, so many seconds. */
    public function presigned(string $method, string $key, int $seconds): string
    {
        $path = Signer::encode_path("/{$this->bucket}/$key");
        return "$path?" . $this->signer->presigned($method, $path, $this->host(), gmdate('Ymd\THis\Z'), $seconds);
    }

    private function host(): string
    {
        return (string) preg_replace('~^https?://~', '', $this->endpoint);
    }

    /** Writes the object into a local file; null when there is none. @throws StoreFailed */
    public function get(string $key, string $file): ?Found
    {
        $target = fopen($file, 'wb');
        [$status, , $headers] = $this->call('GET', $key, target: $target);
        fclose($target);
        if ($status === 404) {
            return null;
        }
        self::expect($status, [200], "read $key");
        clearstatcache(true, $file);
        return new Found((int) filesize($file), (int) strtotime($headers['last-modified'] ?? 'now'));
    }

    /** Stores a local file, in one piece: readers see the old object or the new one. @throws StoreFailed */
    public function put(string $key, string $file, string $type): void
    {
        [$status] = $this->call('PUT', $key, ['Content-Type' => $type], file: $file);
        self::expect($status, [200], "store $key");
    }

    /** As put, unless there is such an object already: then false and nothing stored. @throws StoreFailed */
    public function put_new(string $key, string $file, string $type): bool
    {
        [$status] = $this->call('PUT', $key, ['Content-Type' => $type, 'If-None-Match' => '*'], file: $file);
        self::expect($status, [200, 409, 412], "store $key");
        return $status === 200;
    }

    /** @throws StoreFailed when there is no such object, too */
    public function copy(string $from, string $to): void
    {
        $source = Signer::encode_path("/{$this->bucket}/$from");
        [$status, $body] = $this->call('PUT', $to, ['x-amz-copy-source' => $source]);
        // S3 may answer 200 and put the error into the body.
        self::expect(str_contains($body, '<Error>') ? 500 : $status, [200], "copy $from");
    }

    /** No error when there is none. @throws StoreFailed */
    public function delete(string $key): void
    {
        [$status] = $this->call('DELETE', $key);
        self::expect($status, [200, 204, 404], "delete $key");
    }

    /**
     * One level below a prefix that ends with a slash: names of files and of folders, at most $limit
     * of the store's order.
     *
     * @return array{files: list<string>, folders: list<string>, more: ?string}
     * @throws StoreFailed
     */
    public function list(string $prefix, int $limit, ?string $after = null): array
    {
        $query = ['list-type' => '2', 'prefix' => $prefix, 'delimiter' => '/', 'max-keys' => (string) $limit];
        if ($after !== null) {
            $query['continuation-token'] = $after;
        }
        [$status, $body] = $this->call('GET', '', query: $query);
        self::expect($status, [200], "list $prefix");
        $answer = simplexml_load_string($body, options: LIBXML_NONET);
        if ($answer === false) {
            throw new StoreFailed("list $prefix: the answer is not XML", 0);
        }
        $names = ['files' => [], 'folders' => []];
        foreach ($answer->Contents as $entry) {
            $names['files'][] = substr((string) $entry->Key, strlen($prefix));
        }
        foreach ($answer->CommonPrefixes as $entry) {
            $names['folders'][] = rtrim(substr((string) $entry->Prefix, strlen($prefix)), '/');
        }
        $more = (string) $answer->IsTruncated === 'true' ? (string) $answer->NextContinuationToken : null;
        return $names + ['more' => $more];
    }

    /** @param list<int> $good */
    private static function expect(int $status, array $good, string $what): void
    {
        if (!in_array($status, $good, true)) {
            throw new StoreFailed("cannot $what: the store answers $status", $status);
        }
    }

    /**
     * One signed request, sent once more when the store did not answer or said 5xx: all calls here
     * may be repeated (a repeated put_new may then report its own object as another's).
     *
     * @param array<string, string> $headers
     * @param array<string, string> $query
     * @param string|null $file local file to send
     * @param resource|null $target open file for the answer's body
     * @return array{int, string, array<string, string>} status (0: no answer), body, headers
     */
    private function call(
        string $method,
        string $key,
        array $headers = [],
        array $query = [],
        ?string $file = null,
        mixed $target = null,
    ): array {
        if ($this->away) {
            return [0, '', []];
        }
        $answer = $this->send($method, $key, $headers, $query, $file, $target);
        if ($answer[0] === 0 || $answer[0] >= 500) {
            usleep(200_000);
            $answer = $this->send($method, $key, $headers, $query, $file, $target);
            $this->away = $answer[0] === 0;
        }
        return $answer;
    }

    /**
     * @param array<string, string> $headers
     * @param array<string, string> $query
     * @param resource|null $target
     * @return array{int, string, array<string, string>}
     * @throws StoreFailed when there is no room for the answer
     */
    private function send(string $method, string $key, array $headers, array $query, ?string $file, mixed $target): array
    {
        $path = Signer::encode_path('/' . $this->bucket . ($key === '' ? '' : "/$key"));
        $hash = $file === null ? Signer::EMPTY_HASH : (string) hash_file('sha256', $file);
        $headers += [
            'Host' => $this->host(),
            'x-amz-date' => gmdate('Ymd\THis\Z'),
            'x-amz-content-sha256' => $hash,
        ];
        $headers['Authorization'] = $this->signer->authorization($method, $path, $query, $headers, $hash);
        $lines = ['Expect:'];   // no waiting for 100-continue
        foreach ($headers as $name => $value) {
            $lines[] = "$name: $value";
        }
        $got = [];
        $body = '';
        $this->connection ??= curl_init();
        curl_reset($this->connection);
        $options = [
            CURLOPT_URL => $this->endpoint . $path . ($query === [] ? '' : '?' . Signer::encode_query($query)),
            CURLOPT_CUSTOMREQUEST => $method,
            CURLOPT_NOBODY => $method === 'HEAD',
            CURLOPT_HTTPHEADER => $lines,
            CURLOPT_PROXY => '',
            CURLOPT_CAINFO => $this->authorities,
            CURLOPT_CONNECTTIMEOUT => self::CONNECT,
            CURLOPT_LOW_SPEED_LIMIT => 1,
            CURLOPT_LOW_SPEED_TIME => self::STALLED,
            CURLOPT_HEADERFUNCTION => static function ($connection, string $line) use (&$got): int {
                if (str_contains($line, ':')) {
                    [$name, $value] = explode(':', $line, 2);
                    $got[strtolower(trim($name))] = trim($value);
                }
                return strlen($line);
            },
            CURLOPT_WRITEFUNCTION => static function ($connection, string $part) use (&$body, $target): int {
                // An error's text never lands in the file.
                $good = $target !== null && curl_getinfo($connection, CURLINFO_RESPONSE_CODE) === 200;
                if ($good) {
                    return (int) @fwrite($target, $part);   // less than came: /tmp is full, and curl ends
                }
                $body .= $part;
                return strlen($part);
            },
        ];
        if ($target !== null) {   // what a first try may have left
            ftruncate($target, 0);
            rewind($target);
        }
        $source = null;
        if ($file !== null) {
            $source = fopen($file, 'rb');
            $options += [CURLOPT_UPLOAD => true, CURLOPT_INFILE => $source, CURLOPT_INFILESIZE => filesize($file)];
        } elseif ($method === 'PUT') {
            $options += [CURLOPT_POSTFIELDS => ''];
        }
        curl_setopt_array($this->connection, $options);
        $done = curl_exec($this->connection);
        $status = $done === false ? 0 : (int) curl_getinfo($this->connection, CURLINFO_RESPONSE_CODE);
        if ($source !== null) {
            fclose($source);
        }
        if (curl_errno($this->connection) === CURLE_WRITE_ERROR) {
            throw new StoreFailed("no room in /tmp for $key", 0);
        }
        return [$status, $body, $got];
    }
}
