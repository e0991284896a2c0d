<?php
/**
 * The part of the install job that runs inside WordPress: core's own installation and routines.
 *
 * @license GPL-2.0-or-later
 */

declare(strict_types=1);

namespace {
    /** WordPress would mail the password of the first administrator; nobody needs one. */
    function wp_new_blog_notification(string $title, string $url, int $user, string $password): void
    {
    }

    if ($wpaas_job->fresh) {
        define('WP_INSTALLING', true);
    }
    define('WP_ADMIN', true);
    define('WP_DISABLE_FATAL_ERROR_HANDLER', true);   // it would write an option, and mail
    define('WPAAS_JOB', true);
    define('SAVEQUERIES', true);   // for the second of these two
    $wp_filter = \Wpaas\watched($wpaas_job);
    $wpaas_live = \Wpaas\settings_before($wpaas_job);
    $wpaas_job->stage = 'WordPress';
    // At the top level of a file, where its global variables belong.
    require '/usr/share/wpaas/wordpress/wp-load.php';
    require_once ABSPATH . 'wp-admin/includes/admin.php';
    require_once ABSPATH . 'wp-admin/includes/upgrade.php';
}

namespace Wpaas {
    /** Filters that are there before WordPress is. @return array<string, array<int, list<array<string, mixed>>>> */
    function watched(Job $job): array
    {
        $on = static fn (callable $call, int $count) => [1 => [['function' => $call, 'accepted_args' => $count]]];
        return [
            // The job has no way out, and WordPress would wait for its own front page.
            'pre_http_request' => $on(static fn () => new \WP_Error('install', 'no HTTP in the job'), 0),
            'query' => $on(static function (mixed $sql) use ($job): mixed {
                $job->ledger?->before((string) $sql);
                return $sql;
            }, 1),
            'log_query_custom_data' => $on(static function (mixed $data, string $sql) use ($job): mixed {
                $GLOBALS['wpdb']->queries = [];
                $job->ledger?->after($sql);
                return $data;
            }, 2),
        ];
    }

    /**
     * Live settings as they are before the job: the plugins whose hooks ran, in the versions to come, so that
     * what leaves is still loaded, and what comes is not.
     *
     * @return array<string, mixed>
     */
    function settings_before(Job $job): array
    {
        $known = $job->fresh ? [] : (array) ($job->brought['plugins'] ?? []);
        // Only what leaves may need its old version's folder.
        $pins = (array) ($job->settings['plugin_versions'] ?? [])
            + array_diff_key($known, array_flip((array) ($job->settings['plugins'] ?? [])));
        $theme = $job->brought['theme'] ?? $job->settings['theme'] ?? null;
        return ['format' => 1, 'plugins' => array_map(strval(...), array_keys($known)),
            'plugin_versions' => $pins, 'theme' => $theme] + $job->settings;
    }

    /** @throws InstallFailed */
    function install_wordpress(Job $job): void
    {
        global $wp_rewrite;
        $host = $job->configuration->home()[1];
        $result = wp_install(
            (string) (live()['title'] ?? $job->configuration->text('site')),
            'admin',
            "admin@$host",
            true,
            '',
            // Known to nobody: the first way in is a one-time link.
            wp_slash(wp_generate_password(48, true, true)),
            (string) (live()['locale'] ?? '')
        );
        if (empty($result['user_id'])) {
            throw new InstallFailed('WordPress made no administrator');
        }
        $wp_rewrite->set_permalink_structure('/%year%/%monthnum%/%day%/%postname%/');
        flush_rewrite_rules(false);
        update_option('ping_sites', '');
        wp_installing(false);
        $job->did('installed', ['schema' => code_db_version(), 'wordpress' => wp_get_wp_version()]);
    }

    function upgrade_wordpress(Job $job): void
    {
        $from = $job->schema;
        $to = code_db_version();
        $known = $job->brought['schema'] ?? null;
        if ($from < $to && ((int) get_option('db_version') < $to || $known !== $to)) {
            $job->stage = 'WordPress: database routine';
            // A run that was killed may have written the new version and not what comes after it.
            update_option('db_version', $from);
            wp_upgrade();
            $job->did("schema $from → $to", ['schema' => $to, 'wordpress' => wp_get_wp_version()]);
        } elseif ($from >= $to && $known !== $from) {
            $job->did("schema $from found", ['schema' => $from, 'wordpress' => wp_get_wp_version()]);
        }
    }
}
