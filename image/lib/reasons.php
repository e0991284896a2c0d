<?php
/**
 * Why a job ended, in one line that may be shown: no secret, no user's name, no path above the content.
 *
 * @license GPL-2.0-or-later
 */

declare(strict_types=1);

namespace Wpaas;

/** What a thrown thing says, in one line; a database's own words may name the user. */
function reason(\Throwable $thrown): string
{
    $place = str_replace('/usr/share/wpaas/wordpress/', '', $thrown->getFile()) . ':' . $thrown->getLine();
    return match (true) {
        $thrown instanceof \mysqli_sql_exception => 'database error ' . $thrown->getCode(),
        $thrown instanceof InstallFailed, $thrown instanceof ConfigurationMissing => $thrown->getMessage(),
        default => strtok($thrown->getMessage(), "\n") . " in $place",
    };
}

/** Why PHP itself ended the process, where it was no exception. */
function last_error(): string
{
    $last = error_get_last();
    $fatal = $last !== null && ($last['type'] & (E_ERROR | E_PARSE | E_CORE_ERROR | E_COMPILE_ERROR | E_USER_ERROR)) !== 0;
    $place = $fatal ? str_replace('/usr/share/wpaas/wordpress/', '', $last['file']) . ":{$last['line']}" : '';
    return $fatal ? strtok($last['message'], "\n") . " in $place" : 'it ended the process';
}
