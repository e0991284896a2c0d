<?php
/**
 * The watcher: the only way out of a vetting run's network, and it leads nowhere. It takes the
 * recorder's records, refuses and notes what is asked of the proxy, and knows no name. Everything is
 * appended, by the address that it came from, to /tmp/seen/ADDRESS.
 *
 * @license GPL-2.0-or-later
 */

declare(strict_types=1);

const MOST_BYTES = 4_000_000;
const LIFE_SECONDS = 900;

function note(string $peer, string $line): void
{
    $address = preg_replace('/:\d+$/', '', $peer);
    file_put_contents("/tmp/seen/$address", $line . "\n", FILE_APPEND);
}

/** The name that a DNS query asks for, or null where it is none. */
function asked_name(string $packet): ?string
{
    $labels = [];
    for ($at = 12; $at < strlen($packet) && ($length = ord($packet[$at])) > 0 && $length < 64; $at += $length + 1) {
        $labels[] = substr($packet, $at + 1, $length);
    }
    return $labels === [] ? null : strtolower(implode('.', $labels));
}

/** Answers that there is no such name. */
function refuse_name(mixed $socket): void
{
    $packet = (string) stream_socket_recvfrom($socket, 1500, 0, $peer);
    $name = strlen($packet) > 12 ? asked_name($packet) : null;
    if ($name === null) {
        return;
    }
    note($peer, (string) json_encode(['how' => 'dns', 'host' => $name], JSON_INVALID_UTF8_SUBSTITUTE));
    $flags = chr(0x81 | (ord($packet[2]) & 0x01)) . chr(0x83);
    $question = substr($packet, 12, strlen($name) + 2 + 4);
    stream_socket_sendto($socket, substr($packet, 0, 2) . $flags . "\0\1\0\0\0\0\0\0" . $question, 0, $peer);
}

/** What a client of the proxy wanted: `CONNECT host:443 HTTP/1.1`, `GET http://host/path HTTP/1.1`. */
function asked_proxy(string $head): ?array
{
    [$method, $target] = explode(' ', (string) strtok($head, "\r\n")) + ['', ''];
    $host = $method === 'CONNECT' ? preg_replace('/:\d+$/', '', $target) : parse_url($target, PHP_URL_HOST);
    return is_string($host) && $host !== '' ? ['how' => 'proxy', 'host' => strtolower($host), 'method' => $method] : null;
}

@mkdir('/tmp/seen');
$doors = [
    'records' => stream_socket_server('tcp://0.0.0.0:9009'),
    'proxy' => stream_socket_server('tcp://0.0.0.0:3128'),
    'names' => stream_socket_server('udp://0.0.0.0:53', flags: STREAM_SERVER_BIND),
];
$lines = $buffers = $kinds = $peers = [];
$end = time() + LIFE_SECONDS;
while (time() < $end) {
    $ready = [...array_values($doors), ...array_values($lines)];
    $none = [];
    if (stream_select($ready, $none, $none, 5) === false) {
        continue;
    }
    foreach ($ready as $socket) {
        if ($socket === $doors['names']) {
            refuse_name($socket);
            continue;
        }
        $door = array_search($socket, $doors, true);
        if ($door !== false) {
            $line = stream_socket_accept($socket, 0, $peer);
            $lines[(int) $line] = $line;
            [$buffers[(int) $line], $kinds[(int) $line], $peers[(int) $line]] = ['', $door, $peer];
            continue;
        }
        $id = (int) $socket;
        $part = (string) fread($socket, 65536);
        $buffers[$id] .= $part;
        $whole = $kinds[$id] === 'proxy' ? str_contains($buffers[$id], "\r\n\r\n") : false;
        if (!$whole && !feof($socket) && strlen($buffers[$id]) < MOST_BYTES) {
            continue;
        }
        if ($kinds[$id] === 'records' && str_starts_with($buffers[$id], '{')) {
            note($peers[$id], rtrim($buffers[$id]));
        } elseif ($whole && ($asked = asked_proxy($buffers[$id])) !== null) {
            note($peers[$id], (string) json_encode($asked));
            fwrite($socket, "HTTP/1.1 403 Not here\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        }
        fclose($socket);
        unset($lines[$id], $buffers[$id], $kinds[$id], $peers[$id]);
    }
}
