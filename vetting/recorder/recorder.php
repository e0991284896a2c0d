<?php
/**
 * The recorder: one record for each request, sent to the watcher when the request has ended. Loaded
 * before all other plugins. It lives in the process of the package that it watches, which can see it
 * and could cheat it; the watcher, the database and the logs are outside of that process.
 *
 * @license GPL-2.0-or-later
 */

declare(strict_types=1);

namespace Wpaas\Vetting;

const WATCHER = 'tcp://watcher:9009';
/** Of a hostile package's thousand warnings the first are enough. */
const MOST_OF_A_KIND = 60;
const POWERS = ['manage_options', 'promote_users', 'edit_users', 'create_users'];

require __DIR__ . '/place.php';
require __DIR__ . '/errors.php';
require __DIR__ . '/outgoing.php';
require __DIR__ . '/surface.php';
require __DIR__ . '/doors.php';

/** What this request did so far. */
final class Record
{
    /** @var array<string, list<array<string, mixed>>> */
    public static array $seen = ['errors' => [], 'http' => [], 'writes' => [], 'mails' => []];
    /** @var array<string, string> what the watcher wants of this request: id, without, answers, do, content, surface */
    public static array $wanted = [];

    /** @param array<string, mixed> $what */
    public static function add(string $kind, array $what): void
    {
        if (count(self::$seen[$kind]) < MOST_OF_A_KIND && !in_array($what, self::$seen[$kind], true)) {
            self::$seen[$kind][] = $what;
        }
    }

    /** What came with the request, taken away from what the package sees. */
    public static function open(): void
    {
        parse_str((string) ($_SERVER['HTTP_X_WPAAS_VETTING'] ?? ''), $wanted);
        self::$wanted = array_map('strval', array_filter($wanted, 'is_scalar'));
        unset($_SERVER['HTTP_X_WPAAS_VETTING']);
        register_shutdown_function(static function (): void {
            // Behind those that the package registers until now; one that it adds later is behind this.
            register_shutdown_function(self::close(...));
        });
    }

    public static function close(): void
    {
        global $wpdb;
        $record = self::$seen + [
            'id' => self::$wanted['id'] ?? '',
            'uri' => (string) ($_SERVER['REQUEST_URI'] ?? ''),
            'ms' => (microtime(true) - (float) $_SERVER['REQUEST_TIME_FLOAT']) * 1000,
            'peak_kb' => intdiv(memory_get_peak_usage(), 1024),
            'queries' => $wpdb->num_queries ?? 0,
            'fatal' => fatal(),
            'may' => powers(),
            'surface' => isset(self::$wanted['surface']) ? surface() : null,
            'clock' => time(),
        ];
        $line = @stream_socket_client(WATCHER, $code, $text, 1.0);
        if ($line !== false) {
            fwrite($line, json_encode($record, JSON_PARTIAL_OUTPUT_ON_ERROR | JSON_INVALID_UTF8_SUBSTITUTE) . "\n");
            fclose($line);
        }
    }
}

/** @return list<string> rights over others that whoever asks has by now, by whatever was put between */
function powers(): array
{
    return did_action('init') > 0 ? array_values(array_filter(POWERS, 'current_user_can')) : [];
}

Record::open();
watch_errors();
if (isset(Record::$wanted['content'])) {
    // What a post could hold: shortcodes and blocks are used by those who write.
    add_filter('the_content', static fn (string $text): string => "$text\n\n" . Record::$wanted['content'], 1);
}
if (isset(Record::$wanted['without'])) {
    leave_out();
}
