<?php
/**
 * AWS Signature Version 4 for S3, in headers or in an address. Plain signing: no chunks, no checksum trailers, no
 * access-control headers, so that every S3-compatible store takes it.
 *
 * @license GPL-2.0-or-later
 */

declare(strict_types=1);

namespace Wpaas\S3;

final class Signer
{
    public const EMPTY_HASH = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

    public function __construct(
        private readonly string $access_key,
        #[\SensitiveParameter] private readonly string $secret_key,
        private readonly string $region,
        private readonly string $service = 's3',
    ) {
    }

    /**
     * The value of the Authorization header.
     *
     * @param string $path the path as sent: every segment encoded once (encode_path)
     * @param array<string, string> $query names and values, not encoded
     * @param array<string, string> $headers all headers to sign, `host` and `x-amz-date` among them
     * @param string $payload_hash sha256 of the body in hex
     */
    public function authorization(
        string $method,
        string $path,
        array $query,
        array $headers,
        string $payload_hash,
    ): string {
        $signed = [];
        foreach ($headers as $name => $value) {
            $signed[strtolower($name)] = trim((string) preg_replace('/\s+/', ' ', $value));
        }
        ksort($signed, SORT_STRING);
        $lines = '';
        foreach ($signed as $name => $value) {
            $lines .= "$name:$value\n";
        }
        $names = implode(';', array_keys($signed));
        $request = implode("\n", [$method, $path, self::encode_query($query), $lines, $names, $payload_hash]);

        $signature = $this->signature($signed['x-amz-date'], $request);
        $credential = $this->credential($signed['x-amz-date']);
        return "AWS4-HMAC-SHA256 Credential=$credential, SignedHeaders=$names, Signature=$signature";
    }

    /**
     * The query that lets whoever has it send this one request, for so many seconds.
     *
     * @param string $path as above
     * @param string $moment the start, as in `x-amz-date`
     */
    public function presigned(string $method, string $path, string $host, string $moment, int $seconds): string
    {
        $query = self::encode_query([
            'X-Amz-Algorithm' => 'AWS4-HMAC-SHA256',
            'X-Amz-Credential' => $this->credential($moment),
            'X-Amz-Date' => $moment,
            'X-Amz-Expires' => (string) $seconds,
            'X-Amz-SignedHeaders' => 'host',
        ]);
        $request = implode("\n", [$method, $path, $query, "host:$host\n", 'host', 'UNSIGNED-PAYLOAD']);
        return "$query&X-Amz-Signature=" . $this->signature($moment, $request);
    }

    private function scope(string $moment): string
    {
        return substr($moment, 0, 8) . "/{$this->region}/{$this->service}/aws4_request";
    }

    private function credential(string $moment): string
    {
        return "{$this->access_key}/" . $this->scope($moment);
    }

    private function signature(string $moment, string $request): string
    {
        $text = implode("\n", ['AWS4-HMAC-SHA256', $moment, $this->scope($moment), hash('sha256', $request)]);
        $key = 'AWS4' . $this->secret_key;
        foreach (explode('/', $this->scope($moment)) as $part) {
            $key = hash_hmac('sha256', $part, $key, true);
        }
        return hash_hmac('sha256', $text, $key);
    }

    /** Each segment encoded, slashes kept. */
    public static function encode_path(string $path): string
    {
        return implode('/', array_map(rawurlencode(...), explode('/', $path)));
    }

    /**
     * Sorted by name, as the signature wants it, and fit to be sent.
     *
     * @param array<string, string> $query
     */
    public static function encode_query(array $query): string
    {
        $pairs = [];
        foreach ($query as $name => $value) {
            $pairs[] = rawurlencode((string) $name) . '=' . rawurlencode($value);
        }
        sort($pairs, SORT_STRING);
        return implode('&', $pairs);
    }
}
