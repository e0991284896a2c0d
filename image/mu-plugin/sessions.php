<?php
/**
 * PHP's sessions in the site's database, for plugins that call session_start(): they live on whatever
 * webhead answers. Nothing happens where nobody calls it. The database keeps a hash of the visitor's key,
 * and one request at a time has a session, as with PHP's own files.
 *
 * @license GPL-2.0-or-later
 */

declare(strict_types=1);

namespace Wpaas;

/** Seconds to wait for another request with the same session. */
const SESSION_WAIT = 20;

final class Sessions implements \SessionHandlerInterface, \SessionUpdateTimestampHandlerInterface
{
    public function open(string $path, string $name): bool
    {
        return true;
    }

    public function read(string $id): string|false
    {
        global $wpdb;
        $wpdb->get_var($wpdb->prepare('SELECT GET_LOCK(%s, %d)', $this->lock($id), SESSION_WAIT));
        return (string) $this->quietly(static fn () => $wpdb->get_var($wpdb->prepare(
            'SELECT data FROM wpaas_session WHERE id_hash = %s AND expires_at > UTC_TIMESTAMP()',
            hash('sha256', $id)
        )));
    }

    public function write(string $id, string $data): bool
    {
        global $wpdb;
        $values = [hash('sha256', $id), base64_encode($data), (int) ini_get('session.gc_maxlifetime')];
        $insert = $wpdb->prepare('INSERT INTO wpaas_session (id_hash, data, expires_at)
            VALUES (%s, FROM_BASE64(%s), UTC_TIMESTAMP() + INTERVAL %d SECOND)
            ON DUPLICATE KEY UPDATE data = VALUES(data), expires_at = VALUES(expires_at)', ...$values);
        $written = $this->quietly(static fn () => $wpdb->query($insert));
        if ($written === false) {   // the first time ever
            $wpdb->query('CREATE TABLE IF NOT EXISTS wpaas_session
                (id_hash CHAR(64) CHARACTER SET ascii NOT NULL PRIMARY KEY, data LONGBLOB NOT NULL,
                 expires_at DATETIME NOT NULL, KEY (expires_at)) ENGINE=InnoDB');
            $written = $wpdb->query($insert);
        }
        return $written !== false;
    }

    public function close(): bool
    {
        global $wpdb;
        if ($this->locked !== null) {
            $wpdb->get_var($wpdb->prepare('SELECT RELEASE_LOCK(%s)', $this->locked));
            $this->locked = null;
        }
        return true;
    }

    public function destroy(string $id): bool
    {
        global $wpdb;
        $this->quietly(static fn () => $wpdb->query($wpdb->prepare(
            'DELETE FROM wpaas_session WHERE id_hash = %s',
            hash('sha256', $id)
        )));
        return true;
    }

    /** Old ones are removed beside WordPress's events: see cron.php. */
    public function gc(int $lifetime): int|false
    {
        return 0;
    }

    /** A key that nobody has from us is not taken (session.use_strict_mode). */
    public function validateId(string $id): bool
    {
        global $wpdb;
        return $this->quietly(static fn () => $wpdb->get_var($wpdb->prepare(
            'SELECT 1 FROM wpaas_session WHERE id_hash = %s AND expires_at > UTC_TIMESTAMP()',
            hash('sha256', $id)
        ))) === '1';
    }

    public function updateTimestamp(string $id, string $data): bool
    {
        return $this->write($id, $data);
    }

    private ?string $locked = null;

    private function lock(string $id): string
    {
        return $this->locked = 'wpaas_session:' . substr(hash('sha256', DB_NAME . $id), 0, 48);
    }

    /** Without an error's line: there is no table until a session was written. */
    private function quietly(callable $ask): mixed
    {
        global $wpdb;
        $shown = $wpdb->suppress_errors(true);
        $answer = $ask();
        $wpdb->suppress_errors($shown);
        return $answer;
    }
}

session_set_save_handler(new Sessions(), true);
ini_set('session.cookie_secure', configuration()->home()[0] === 'https' ? '1' : '0');
