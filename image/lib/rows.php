<?php
/**
 * The table that reconciler, webheads and the job share: a JSON document under each number.
 *
 * @license GPL-2.0-or-later
 */

declare(strict_types=1);

namespace Wpaas;

require_once __DIR__ . '/database.php';

/** What webheads read at each request; the reconciler writes it (mu-plugin/live.php). */
const ROW_LIVE = 1;
/** What the database was brought to: schema, plugins that were activated, theme. The job writes it. */
const ROW_BROUGHT = 2;
/** What the job is to bring it to; the reconciler writes it before it starts the job. */
const ROW_NEXT = 3;
/** How far the job came and where its dump is; gone once the reconciler is content. */
const ROW_JOURNAL = 4;

/** @return array<string, mixed>|null null where there is none, or nothing that can be read */
function row(\mysqli $database, int $number): ?array
{
    $text = first_value($database, "SELECT document FROM wpaas_live WHERE id = $number");
    $document = $text === null ? null : json_decode($text, true);
    return is_array($document) ? $document : null;
}

/** @param array<string, mixed> $document */
function put_row(\mysqli $database, int $number, array $document): void
{
    $text = json_encode($document, JSON_UNESCAPED_SLASHES | JSON_INVALID_UTF8_SUBSTITUTE | JSON_THROW_ON_ERROR);
    $database->execute_query('REPLACE INTO wpaas_live (id, document) VALUES (?, ?)', [$number, $text]);
}
