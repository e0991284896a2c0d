<?php
/**
 * The site's database for the scripts that run without WordPress: health, status, install, cron.
 *
 * @license GPL-2.0-or-later
 */

declare(strict_types=1);

namespace Wpaas;

/** Encrypted, with a certificate for the very name; without the second flag any would do. */
const DATABASE_TLS = MYSQLI_CLIENT_SSL | MYSQLI_CLIENT_SSL_VERIFY_SERVER_CERT;

/**
 * Connects once, waiting at most the given seconds for the connection and then for each answer.
 *
 * @throws \mysqli_sql_exception
 */
function connect(Configuration $configuration, int $seconds, ?int $answer_seconds = null): \mysqli
{
    mysqli_report(MYSQLI_REPORT_ERROR | MYSQLI_REPORT_STRICT);
    $database = mysqli_init();
    $database->options(MYSQLI_OPT_CONNECT_TIMEOUT, $seconds);
    $database->options(MYSQLI_OPT_READ_TIMEOUT, $answer_seconds ?? $seconds);
    $flags = 0;
    if ($configuration->on('database.tls')) {
        $database->ssl_set(null, null, $configuration->authorities('database'), null, null);
        $flags = DATABASE_TLS;
    }
    @$database->real_connect(
        $configuration->text('database.host'),
        $configuration->text('database.user'),
        $configuration->secret('database_password'),
        $configuration->text('database.name'),
        $configuration->number('database.port'),
        null,
        $flags
    );
    $database->set_charset('utf8mb4');
    return $database;
}

/** The first column of the first row, or null; null too where the table does not exist. */
function first_value(\mysqli $database, string $sql): ?string
{
    try {
        $row = $database->query($sql)->fetch_row();
    } catch (\mysqli_sql_exception $exception) {
        if ($exception->getCode() !== 1146) {   // ER_NO_SUCH_TABLE
            throw $exception;
        }
        $row = null;
    }
    return $row === null || $row === false ? null : $row[0];
}

/** WordPress's planned events as the database holds them now. @return array<int|string, mixed> */
function planned(\mysqli $database): array
{
    $stored = first_value($database, "SELECT option_value FROM wp_options WHERE option_name = 'cron'");
    $events = $stored === null ? [] : unserialize($stored, ['allowed_classes' => false]);
    return is_array($events) ? $events : [];
}

/** When the first event of WordPress's cron is due (seconds since 1970), or null where none is planned. */
function first_due(\mysqli $database): ?int
{
    $times = array_filter(array_keys(planned($database)), is_int(...));
    return $times === [] ? null : min($times);
}

/** Removes what log-in counts, sessions and finished requests left; without effect where there was none yet. */
function sweep(\mysqli $database): void
{
    foreach (["DELETE FROM wpaas_login_count WHERE changed_at < NOW() - INTERVAL 1 HOUR",
        'DELETE FROM wpaas_session WHERE expires_at < UTC_TIMESTAMP()',
        'DELETE FROM wpaas_request WHERE at < NOW() - INTERVAL 1 HOUR'] as $statement) {
        try {
            $database->query($statement);
        } catch (\mysqli_sql_exception $exception) {
            if ($exception->getCode() !== 1146) {   // ER_NO_SUCH_TABLE
                throw $exception;
            }
        }
    }
}

/**
 * Runs something of ours within WordPress, which lets the driver's errors pass in silence.
 *
 * @template T
 * @param callable(): T $what
 * @return T
 * @throws \mysqli_sql_exception
 */
function strictly(callable $what): mixed
{
    mysqli_report(MYSQLI_REPORT_ERROR | MYSQLI_REPORT_STRICT);
    try {
        return $what();
    } finally {
        mysqli_report(MYSQLI_REPORT_OFF);
    }
}

/** The schema version that the code in this image needs. */
function code_db_version(): int
{
    $wp_db_version = 0;
    require '/usr/share/wpaas/wordpress/wp-includes/version.php';
    return (int) $wp_db_version;
}
