<?php
/**
 * Tells every edge which of the site's pages are old. What is to be told stands in the site's database
 * until all edges have taken it; whoever runs next tells it again.
 *
 * @license GPL-2.0-or-later
 */

declare(strict_types=1);

namespace Wpaas;

/** The network alias of the edges, one on every node, and where their purge door is. */
const EDGES = 'edge';
const PURGE_PORT = 8443;
/** An edge that says nothing holds up the next purge, never a visitor. */
const PURGE_CONNECT_MS = 500;
const PURGE_ANSWER_MS = 2000;
/** Longer ones are not told apart: the whole site is. */
const PURGE_KEYS_BYTES = 4000;
/** Pause before keys are told again, in seconds, doubled each time. */
const PURGE_AGAIN_S = 2;
const PURGE_LATEST_S = 60;

/** Whether there are edges to tell: a stand of tests has none. */
function purges(Configuration $configuration): bool
{
    return $configuration->has('edge_ca');
}

/** One statement in either of mysqli's modes, WordPress's silent one or with exceptions. */
function purge_sql(\mysqli $database, string $sql): \mysqli_result|bool
{
    try {
        return $database->query($sql);
    } catch (\mysqli_sql_exception) {
        return false;
    }
}

/**
 * Notes keys, to be told in so many seconds by whoever runs then. Returns the note's number; 0 where the
 * database takes none.
 */
function purge_note(\mysqli $database, string $keys, int $in_s): int
{
    $insert = sprintf(
        "INSERT INTO wpaas_purge (xkeys, due, tries) VALUES ('%s', UNIX_TIMESTAMP() + %d, 0)",
        $database->real_escape_string($keys),
        $in_s
    );
    if (purge_sql($database, $insert) === false) {
        purge_sql($database, 'CREATE TABLE IF NOT EXISTS wpaas_purge (id BIGINT UNSIGNED AUTO_INCREMENT PRIMARY KEY,'
            . ' xkeys VARCHAR(4096) NOT NULL, due BIGINT NOT NULL, tries INT NOT NULL) CHARACTER SET ascii');
        if (purge_sql($database, $insert) === false) {
            return 0;
        }
    }
    return (int) $database->insert_id;
}

/** The note with these keys instead, due at once; for what is known only at the end of a request. */
function purge_correct(\mysqli $database, int $note, string $keys): void
{
    // Of a process that took long, another has told the note meanwhile, and taken it away.
    purge_sql($database, sprintf(
        "INSERT INTO wpaas_purge (id, xkeys, due, tries) VALUES (%d, '%s', UNIX_TIMESTAMP(), 0)"
            . ' ON DUPLICATE KEY UPDATE xkeys = VALUES(xkeys), due = VALUES(due)',
        $note,
        $database->real_escape_string($keys)
    ));
}

/** Tells what is due. Returns how many notes still wait because an edge did not take them. */
function purge_due(\mysqli $database, Configuration $configuration): int
{
    if (!purges($configuration)) {
        return 0;
    }
    $due = purge_sql($database, 'SELECT id, xkeys, CRC32(xkeys) AS sum FROM wpaas_purge'
        . ' WHERE due <= UNIX_TIMESTAMP() ORDER BY id LIMIT 200');
    if (!$due instanceof \mysqli_result || $due->num_rows === 0) {
        return 0;
    }
    $notes = $due->fetch_all(MYSQLI_ASSOC);
    $missed = purge_tell($configuration, implode(' ', array_column($notes, 'xkeys')));
    // Not what was corrected meanwhile.
    $told = array_map(static fn ($note) => sprintf('(%d,%d)', $note['id'], $note['sum']), $notes);
    $which = 'WHERE (id, CRC32(xkeys)) IN (' . implode(',', $told) . ')';
    if ($missed === []) {
        purge_sql($database, "DELETE FROM wpaas_purge $which");
        return 0;
    }
    $again = sprintf('LEAST(%d, %d * POW(2, LEAST(tries, 10)))', PURGE_LATEST_S, PURGE_AGAIN_S);
    purge_sql($database, "UPDATE wpaas_purge SET due = UNIX_TIMESTAMP() + $again, tries = tries + 1 $which");
    log_line('purge not taken by every edge', ['edges' => implode(' ', $missed), 'notes' => count($notes)]);
    return count($notes);
}

/**
 * Tells all edges at once. Returns those that did not take it; `edge` itself where no name was found.
 *
 * @return list<string>
 */
function purge_tell(Configuration $configuration, string $keys): array
{
    $keys = implode(' ', array_unique(explode(' ', $keys)));
    if (strlen($keys) > PURGE_KEYS_BYTES) {
        $keys = 'site';
    }
    $addresses = gethostbynamel(EDGES) ?: [];
    if ($addresses === []) {
        return [EDGES];
    }
    $all = curl_multi_init();
    $each = [];
    foreach (array_unique($addresses) as $address) {
        $each[$address] = purge_request($configuration, $address, $keys);
        curl_multi_add_handle($all, $each[$address]);
    }
    do {
        $state = curl_multi_exec($all, $running);
    } while ($state === CURLM_OK && $running > 0 && curl_multi_select($all, 1.0) !== -1);
    $missed = [];
    foreach ($each as $address => $request) {
        if (curl_getinfo($request, CURLINFO_RESPONSE_CODE) !== 200) {
            $missed[] = $address;
        }
        curl_multi_remove_handle($all, $request);
    }
    return $missed;
}

/** The edge must be one, and the site's certificate says to it whose keys these are. */
function purge_request(Configuration $configuration, string $address, string $keys): \CurlHandle
{
    $request = curl_init('https://' . EDGES . ':' . PURGE_PORT . '/purge');
    curl_setopt_array($request, [
        CURLOPT_CONNECT_TO => [EDGES . ':' . PURGE_PORT . ":$address:" . PURGE_PORT],
        CURLOPT_PROXY => '',
        CURLOPT_POST => true,
        CURLOPT_POSTFIELDS => '',
        CURLOPT_HTTPHEADER => ["Xkey: $keys"],
        CURLOPT_RETURNTRANSFER => true,
        CURLOPT_CONNECTTIMEOUT_MS => PURGE_CONNECT_MS,
        CURLOPT_TIMEOUT_MS => PURGE_ANSWER_MS,
        CURLOPT_CAINFO_BLOB => $configuration->text('edge_ca'),
        CURLOPT_SSLCERT_BLOB => $configuration->secret('tls_certificate'),
        CURLOPT_SSLKEY_BLOB => $configuration->secret('tls_key'),
    ]);
    return $request;
}
