<?php
/**
 * WordPress keeps all planned events in one option: each request reads it at its start and writes it whole
 * at a change. With several webheads that brings back events that ran meanwhile, and loses new ones. Here
 * each write is read as the change that it means, and made on what the database holds at that moment.
 *
 * @license GPL-2.0-or-later
 */

declare(strict_types=1);

namespace Wpaas;

/**
 * The events of a stored list, by an address of their own.
 *
 * @return array<string, array{int, string, string, array<string, mixed>}> time, hook, key and event
 */
function events_of(mixed $list): array
{
    $found = [];
    foreach (is_array($list) ? $list : [] as $time => $hooks) {
        foreach (is_int($time) && is_array($hooks) ? $hooks : [] as $hook => $events) {
            foreach (is_array($events) ? $events : [] as $key => $event) {
                $found["$time $key $hook"] = [$time, (string) $hook, (string) $key, $event];
            }
        }
    }
    return $found;
}

/**
 * Whether one of `$others` is the same event, planned by another webhead at the same occasion: any time for one
 * that repeats, ten minutes (WordPress's own limit) for one that does not.
 */
function planned_twice(array $one, array $others): bool
{
    foreach ($others as $other) {
        if ([$one[1], $one[2]] === [$other[1], $other[2]]
            && ($one[3]['schedule'] ? (bool) $other[3]['schedule'] : abs($one[0] - $other[0]) < 600)) {
            return true;
        }
    }
    return false;
}

/** What `$fresh` becomes by the change that made `$new` of `$old`. */
function events_changed(mixed $fresh, mixed $old, mixed $new): array
{
    [$there, $before, $after] = [events_of($fresh), events_of($old), events_of($new)];
    $foreign = array_diff_key($there, $before);
    $added = array_filter(array_diff_key($after, $before), static fn ($one) => !planned_twice($one, $foreign));
    $list = [];
    foreach (array_diff_key($there, array_diff_key($before, $after)) + $added as [$time, $hook, $key, $event]) {
        $list[$time][$hook][$key] = $event;
    }
    ksort($list);
    return $list + ['version' => 2];
}

add_filter('pre_update_option_cron', static function (mixed $new, mixed $old): mixed {
    global $wpdb;
    if (events_of($new) === events_of($old)) {
        return $new;
    }
    $wpdb->hold();   // until it is written
    $stored = $wpdb->get_var("SELECT option_value FROM $wpdb->options WHERE option_name = 'cron' FOR UPDATE");
    $list = events_changed(maybe_unserialize($stored), $old, $new);
    if (in_array(serialize($list), [$stored, serialize($old)], true)) {   // then WordPress writes nothing
        $wpdb->release();
    }
    return $list;
}, PHP_INT_MAX, 2);
