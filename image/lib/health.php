<?php
/**
 * /healthz. Strict until the first time that all is well; from then on that PHP answers is enough:
 * Swarm kills what fails, and a killed webhead heals no database.
 *
 * @license GPL-2.0-or-later
 */

declare(strict_types=1);

namespace Wpaas;

const HEALTHY_ONCE = '/run/wpaas/healthy';

header('Content-Type: application/json');
$problem = null;
if (!is_file(HEALTHY_ONCE)) {
    require __DIR__ . '/checks.php';
    $problem = start_problem();
    if ($problem === null) {
        touch(HEALTHY_ONCE);
        log_line('healthy');
    }
}
http_response_code($problem === null ? 200 : 503);
echo json_encode($problem === null ? ['healthy' => true] : ['healthy' => false, 'cause' => $problem]);
