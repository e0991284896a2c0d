<?php
/**
 * What stands in a scratch site's database, read beside WordPress.
 *
 * @license GPL-2.0-or-later
 */

declare(strict_types=1);

/** A one-time link of the product, for the first administrator; good for as long as a browser may take to be fetched. */
function give_token(mysqli $database, string $token): void
{
    $database->query('CREATE TABLE IF NOT EXISTS wpaas_login (token_hash CHAR(64) PRIMARY KEY, expires_at DATETIME)');
    $hash = hash('sha256', $token);
    $database->query("REPLACE INTO wpaas_login VALUES ('$hash', UTC_TIMESTAMP() + INTERVAL 900 SECOND)");
}

/** @return array<string, mixed> */
function snapshot(mysqli $database): array
{
    $rows = static function (string $query) use ($database): array {
        try {
            return $database->query($query)->fetch_all();
        } catch (mysqli_sql_exception) {
            return [];   // the package may have dropped a table
        }
    };
    $options = [];
    foreach ($rows('SELECT option_name, LENGTH(option_value), autoload, MD5(option_value) FROM wp_options') as $row) {
        $options[$row[0]] = ['bytes' => (int) $row[1], 'loads' => in_array($row[2], ['yes', 'on', 'auto', 'auto-on'], true),
            'digest' => $row[3]];
    }
    $value = static fn (string $name) => @unserialize(
        (string) ($rows("SELECT option_value FROM wp_options WHERE option_name = '$name'")[0][0] ?? ''),
        ['allowed_classes' => false]
    );
    return [
        'tables' => array_column($rows('SHOW TABLES'), 0),
        'options' => (object) $options,
        'cron' => (object) events((array) ($value('cron') ?: [])),
        'roles' => (object) array_map(rights(...), (array) ($value('wp_user_roles') ?: [])),
        'users' => (object) users($rows),
        'user meta' => array_column($rows('SELECT DISTINCT meta_key FROM wp_usermeta'), 0),
        'posts' => (object) array_column($rows("SELECT CONCAT(post_type, ' ', post_status), COUNT(*) FROM wp_posts
            WHERE post_status <> 'auto-draft' GROUP BY 1"), 1, 0),
    ];
}

/** @return array<string, int> hook → seconds between two runs, 0 for once */
function events(array $cron): array
{
    $found = [];
    foreach ($cron as $hooks) {
        foreach (is_array($hooks) ? $hooks : [] as $hook => $events) {
            foreach (is_array($events) ? $events : [] as $event) {
                $seconds = is_array($event) ? $event['interval'] ?? 0 : 0;
                $found[(string) $hook] = is_numeric($seconds) ? (int) $seconds : 0;
            }
        }
    }
    return $found;
}

/** @return list<string> */
function rights(mixed $role): array
{
    $given = array_keys(array_filter((array) (is_array($role) ? $role['capabilities'] ?? [] : [])));
    sort($given);
    return array_map('strval', $given);
}

/** @return array<string, string> login → its rights, as text */
function users(callable $rows): array
{
    $found = [];
    foreach ($rows("SELECT u.user_login, u.user_pass, u.user_email, m.meta_value FROM wp_users u LEFT JOIN wp_usermeta m
        ON m.user_id = u.ID AND m.meta_key = 'wp_capabilities'") as [$login, $pass, $email, $rights]) {
        $given = @unserialize((string) $rights, ['allowed_classes' => false]);   // the package may write anything
        $found[$login] = ['rights' => array_map('strval', array_keys(array_filter((array) $given))),
            'way in' => md5("$pass $email")];
    }
    return $found;
}
