/* PID 1 of a webhead: prepares /run, starts php-fpm and nginx, and stops them in the one order
 * that loses no request: wait until DNS has forgotten us, let nginx finish what it has accepted,
 * then php-fpm. When either dies by itself we exit non-zero, and Swarm replaces the whole task;
 * nothing is restarted inside. Once a minute a short-lived third child looks for events of
 * WordPress's cron that are due. All runs as the user we were started as. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lines.h"

/* Milliseconds. The sum stays below the service's stop_grace_period of 40 s. */
enum { PREPARE = 5000, DNS = 2000, NGINX = 27000, PHP = 6000 };
/* Between two looks for events, with up to LOOK_MORE by chance: webheads that started together must
 * not all ask at once. A look that hangs keeps the site's lock, so it has an end. */
enum { FIRST_LOOK = 20000, LOOK = 50000, LOOK_MORE = 10000, LONGEST_LOOK = 600000 };
/* Exit code of a look that an event ended: the others are still due. */
enum { LOOK_AGAIN = 75, AGAIN_AFTER = 1000 };

struct child {
    pid_t pid; /* 0 once reaped */
    int status;
    struct lines lines;
};

static struct child php = {.lines = {.from = "php-fpm", .fd = -1}};
static struct child nginx = {.lines = {.from = "nginx", .fd = -1}};
static struct child cron = {.lines = {.from = "cron", .fd = -1}};
static long look_at, look_began;
static int signals;
static bool stopping;

static long now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void start(struct child *child, char *const argv[]) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) < 0)
        exit(1);
    child->pid = fork();
    if (child->pid == 0) {
        sigset_t none;
        sigemptyset(&none);
        sigprocmask(SIG_SETMASK, &none, NULL);
        dup2(ends[1], STDOUT_FILENO);
        dup2(ends[1], STDERR_FILENO);
        execv(argv[0], argv);
        _exit(127);
    }
    close(ends[1]);
    fcntl(ends[0], F_SETFL, O_NONBLOCK);
    child->lines.fd = ends[0];
}

/* Orphans come to PID 1 too: everything dead is reaped, ours are remembered. */
static void reap(void) {
    int status;
    for (pid_t pid; (pid = waitpid(-1, &status, WNOHANG)) > 0;) {
        struct child *child = pid == php.pid     ? &php
                              : pid == nginx.pid ? &nginx
                              : pid == cron.pid  ? &cron
                                                 : NULL;
        if (child != NULL) {
            child->pid = 0;
            child->status = status;
        }
        if (child == &cron && WIFEXITED(status) && WEXITSTATUS(status) == LOOK_AGAIN)
            look_at = now() + AGAIN_AFTER;
    }
}

static void look(void) {
    if (cron.pid == 0) {
        if (cron.lines.fd >= 0)
            close(cron.lines.fd); /* held open by what the last look left behind */
        look_began = now();
        start(&cron, (char *[]){"/usr/bin/php8.4", "/usr/lib/wpaas/cron.php", NULL});
    } else if (now() - look_began > LONGEST_LOOK) {
        lines_say("init", "a look for events did not end in time, killed");
        kill(cron.pid, SIGKILL);
    }
    unsigned int chance = 0;
    getrandom(&chance, sizeof chance, 0);
    look_at = now() + LOOK + chance % LOOK_MORE;
}

/* Carries logs on and reaps until the time is over, the child (if one is given) is gone, or,
 * without a child, something asks for a decision. Returns whether that happened in time. */
static bool serve(const struct child *until_gone, long deadline) {
    for (;;) {
        if (until_gone ? until_gone->pid == 0 : !stopping && (!php.pid || !nginx.pid))
            return true;
        if (until_gone == NULL && now() >= look_at)
            look();
        long until = until_gone ? deadline : look_at;
        long left = until == LONG_MAX ? INT_MAX : until - now();
        if (left <= 0 && until_gone)
            return false;
        struct pollfd fds[] = {{.fd = signals, .events = POLLIN},
                               {.fd = php.lines.fd, .events = POLLIN},
                               {.fd = nginx.lines.fd, .events = POLLIN},
                               {.fd = cron.lines.fd, .events = POLLIN}};
        if (poll(fds, 4, left < 0 ? 0 : (int)left) < 0 && errno != EINTR)
            exit(1);
        if (fds[1].revents)
            lines_read(&php.lines);
        if (fds[2].revents)
            lines_read(&nginx.lines);
        if (fds[3].revents)
            lines_read(&cron.lines);
        struct signalfd_siginfo info;
        if ((fds[0].revents & POLLIN) && read(signals, &info, sizeof info) == sizeof info) {
            reap();
            if (info.ssi_signo != SIGCHLD && !stopping) {
                stopping = true;
                if (until_gone == NULL)
                    return true;
            }
        }
    }
}

/* QUIT lets the child finish its requests; what is left after the time is killed. */
static void finish(struct child *child, long milliseconds) {
    if (child->pid == 0)
        return;
    kill(child->pid, SIGQUIT);
    if (!serve(child, now() + milliseconds)) {
        lines_say("init", "not finished in time, killed");
        kill(child->pid, SIGKILL);
        serve(child, now() + 1000);
    }
}

int main(int argc, char **argv) {
    sigset_t watched;
    sigemptyset(&watched);
    for (const int *s = (const int[]){SIGCHLD, SIGTERM, SIGINT, SIGQUIT, 0}; *s; s++)
        sigaddset(&watched, *s);
    sigprocmask(SIG_BLOCK, &watched, NULL);
    signals = signalfd(-1, &watched, SFD_CLOEXEC);

    /* The PHP script checks config and secret, and writes what depends on them under /run. */
    start(&php, (char *[]){"/usr/bin/php8.4", "/usr/lib/wpaas/prepare.php", NULL});
    nginx.pid = -1; /* not started yet, and not dead */
    bool prepared = serve(&php, now() + PREPARE) && WIFEXITED(php.status) && !WEXITSTATUS(php.status);
    while (php.lines.fd >= 0 && poll(&(struct pollfd){.fd = php.lines.fd, .events = POLLIN}, 1, 100) > 0)
        lines_read(&php.lines);
    if (!prepared || stopping)
        return stopping ? 0 : 1;

    start(&php, (char *[]){"/usr/sbin/php-fpm8.4", "--nodaemonize", "--fpm-config",
                           "/etc/php/8.4/fpm/php-fpm.conf", NULL});
    start(&nginx, (char *[]){"/usr/sbin/nginx", "-g", "daemon off;", NULL});
    /* For the command line, which reads no pool: what prepare.php wrote, after the image's own. */
    setenv("PHP_INI_SCAN_DIR", ":/run/wpaas/php", 1);
    /* A scratch site's events run when its tour asks for them, and not in between. */
    look_at = argc > 1 && strcmp(argv[1], "--no-events") == 0 ? LONG_MAX : now() + FIRST_LOOK;
    serve(NULL, -1);

    bool died = !stopping;
    stopping = true;
    if (died)
        lines_say("init", php.pid ? "nginx died, stopping" : "php-fpm died, stopping");
    else
        serve(&nginx, now() + DNS);
    finish(&nginx, died ? 1000 : NGINX);
    finish(&php, died ? 1000 : PHP);
    if (cron.pid != 0) { /* it had as long as the visitors; the lock is free the moment it ends */
        kill(cron.pid, SIGTERM);
        serve(&cron, now() + 1000);
    }
    return died ? 1 : 0;
}
