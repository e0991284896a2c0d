<?php
/**
 * The part of the install job that tells plugins and theme of a change, as WordPress's own pages would.
 *
 * @license GPL-2.0-or-later
 */

declare(strict_types=1);

namespace Wpaas;

/** All of it, in the order in which one may need the other. @throws InstallFailed */
function migrate_packages(Job $job): void
{
    $user = first_administrator();
    if ($user !== null) {
        wp_set_current_user($user->ID);   // hooks ask whether somebody may do this
    }
    if (is_array($job->settings['plugins'] ?? null)) {
        leave($job);
        change($job);
        come($job);
    }
    switch_to($job);
}

/** Slug → version of the plugins whose hooks ran. @return array<string, string> */
function known_plugins(Job $job): array
{
    return array_map(strval(...), (array) ($job->brought['plugins'] ?? []));
}

/** Slug → version of those that are wanted, as the allowlist or else their own header says. @return array<string, string> */
function wanted_plugins(Job $job): array
{
    $wanted = [];
    foreach ($job->settings['plugins'] as $slug) {
        $pins = (array) ($job->settings['plugin_versions'] ?? []);
        $file = plugin_file(WP_PLUGIN_DIR, (string) $slug, $pins[$slug] ?? null);
        $header = $file === null ? null : header_of(WP_PLUGIN_DIR . "/$file", 'Version');
        $wanted[(string) $slug] = (string) ($job->versions[$slug] ?? $pins[$slug] ?? $header ?? '');
    }
    return $wanted;
}

/** The deactivation hooks of what leaves, once. Nothing of it is removed. */
function leave(Job $job): void
{
    foreach (array_diff_key(known_plugins($job), wanted_plugins($job)) as $slug => $version) {
        $job->stage = "plugin $slug: deactivation";
        $file = plugin_file(WP_PLUGIN_DIR, (string) $slug, $version);
        if ($file !== null) {
            deactivate_plugins($file);
        }
        $left = known_plugins($job);
        unset($left[$slug]);
        live(['plugins' => array_map(strval(...), array_keys($left))] + live());
        $job->did($file === null ? "$slug left without its hook: not in this image" : "$slug deactivated",
            ['plugins' => $left]);
    }
}

/** What others are told after an update; a plugin's own routine ran when it was loaded. */
function change(Job $job): void
{
    $known = known_plugins($job);
    foreach (array_intersect_key(wanted_plugins($job), $known) as $slug => $version) {
        if ($version === $known[$slug]) {
            continue;
        }
        $job->stage = "plugin $slug: update";
        require_once ABSPATH . 'wp-admin/includes/class-wp-upgrader.php';
        $file = plugin_file(WP_PLUGIN_DIR, (string) $slug, $job->settings['plugin_versions'][$slug] ?? null);
        do_action('upgrader_process_complete', new \WP_Upgrader(),
            ['action' => 'update', 'type' => 'plugin', 'bulk' => true, 'plugins' => [$file]]);
        $job->did("$slug {$known[$slug]} → $version", ['plugins' => [$slug => $version] + known_plugins($job)]);
    }
}

/** Activation, the ones that another needs first. @throws InstallFailed */
function come(Job $job): void
{
    $coming = array_diff_key(wanted_plugins($job), known_plugins($job));
    while ($coming !== []) {
        $before = count($coming);
        $refused = null;
        foreach ($coming as $slug => $version) {
            $job->stage = "plugin $slug: activation";
            $pins = (array) ($job->settings['plugin_versions'] ?? []);
            $file = plugin_file(WP_PLUGIN_DIR, (string) $slug, $pins[$slug] ?? null);
            if ($file === null) {
                throw new InstallFailed('it is not in this image');
            }
            wp_cache_delete('plugins', 'plugins');
            $answer = activate_plugin($file);
            // Text that it printed is no failure: it is active by then.
            if (is_wp_error($answer) && $answer->get_error_code() !== 'unexpected_output') {
                $refused = [$job->stage, implode('; ', $answer->get_error_messages())];
                continue;
            }
            unset($coming[$slug]);
            $known = [$slug => $version] + known_plugins($job);
            live(['plugins' => array_map(strval(...), array_keys($known))] + live());
            $job->did("$slug activated", ['plugins' => $known]);
        }
        if (count($coming) === $before) {
            [$job->stage, $why] = $refused;
            throw new InstallFailed(wp_strip_all_tags($why));
        }
    }
}

/** The hooks of a theme that goes and of one that comes, which is loaded for them. @throws InstallFailed */
function switch_to(Job $job): void
{
    $theme = $job->settings['theme'] ?? null;
    $known = $job->brought['theme'] ?? null;
    if ($theme === $known || !is_string($theme)) {
        return;
    }
    $job->stage = "theme $theme: switch";
    if (theme_template(WP_CONTENT_DIR . '/themes', $theme) === null) {
        throw new InstallFailed('it is not in this image');
    }
    if ($known !== null) {
        switch_theme($theme);
        live(['theme' => $theme] + live());
        foreach (array_unique([get_template_directory(), get_stylesheet_directory()]) as $folder) {
            if (is_file("$folder/functions.php")) {
                include_once "$folder/functions.php";
            }
        }
        check_theme_switched();
    }
    $job->did($known === null ? "theme $theme" : "theme $known → $theme", ['theme' => $theme]);
}

/** The first page of an administrator, where plugins look whether their tables are of their version. */
function greet_plugins(Job $job): void
{
    if (known_plugins($job) === []) {
        return;
    }
    try {
        do_action('admin_init');
        do_action('shutdown');   // some wait for it; the process ends without
    } catch (\Throwable $thrown) {
        log_line('a plugin failed after its migration', ['cause' => reason($thrown)]);
    }
}
