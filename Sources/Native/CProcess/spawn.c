#define _GNU_SOURCE
#include "CProcess.h"
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define IDTYPE_PIDFD 3

// The descriptors go to 3, 4, …; copies are made first because their own numbers may be among the targets.
static int place_descriptors(const struct sluice_program *program, int *report) {
    int first_free = 3 + program->descriptor_count;
    int copies[SLUICE_DESCRIPTORS_MAX];
    int moved = fcntl(*report, F_DUPFD_CLOEXEC, first_free);
    if (moved < 0) return -1;
    *report = moved;
    for (int i = 0; i < program->descriptor_count; i++) {
        copies[i] = fcntl(program->descriptors[i], F_DUPFD_CLOEXEC, first_free);
        if (copies[i] < 0) return -1;
    }
    int input = program->standard_input;
    if (input < 0) input = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (input < 0) return -1;
    if (program->standard_error >= 0 && dup2(program->standard_error, 2) < 0) return -1;
    if (dup2(program->standard_output >= 0 ? program->standard_output : 2, 1) < 0) return -1;
    if (dup2(input, 0) < 0) return -1;
    for (int i = 0; i < program->descriptor_count; i++) {
        if (dup2(copies[i], 3 + i) < 0) return -1;
    }
    if (*report > first_free && syscall(SYS_close_range, first_free, *report - 1, 0) < 0) return -1;
    return (int)syscall(SYS_close_range, *report + 1, ~0U, 0);
}

// Runs in the new process between clone and execve: system calls only, nothing that takes a lock.
static void become(const struct sluice_program *program, pid_t parent, int report) {
    for (int number = 1; number < NSIG; number++) {
        if (number != SIGKILL && number != SIGSTOP) signal(number, SIG_DFL);
    }
    if (program->own_group && setpgid(0, 0) < 0) goto failed;
    if (program->dies_with_thread) {
        if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0) goto failed;
        // The parent may have died before the signal was asked for.
        if (getppid() != parent) _exit(127);
    }
    if (place_descriptors(program, &report) < 0) goto failed;
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    execve(program->path, program->arguments, program->environment ? program->environment : environ);
failed:;
    int error = errno;
    ssize_t written = write(report, &error, sizeof error);
    (void)written;
    _exit(127);
}

pid_t sluice_spawn(const struct sluice_program *program, int *pidfd) {
    if (program->descriptor_count > SLUICE_DESCRIPTORS_MAX) return -EINVAL;
    int report[2];
    if (pipe2(report, O_CLOEXEC) < 0) return -errno;
    pid_t parent = getpid();
    int handle = -1;
    sigset_t all, before;
    sigfillset(&all);
    // A handler of ours must not run in the child.
    pthread_sigmask(SIG_BLOCK, &all, &before);
    // clone, not clone3: container runtimes answer the latter with ENOSYS. Not vfork: the parent's other threads go on.
    pid_t pid = (pid_t)syscall(SYS_clone, CLONE_PIDFD | SIGCHLD, NULL, &handle, NULL, NULL);
    if (pid == 0) become(program, parent, report[1]);
    int error = pid < 0 ? errno : 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    close(report[1]);
    if (pid > 0) {
        ssize_t count;
        do count = read(report[0], &error, sizeof error);
        while (count < 0 && errno == EINTR);
        if (count != sizeof error) error = 0;
        if (error) {
            struct sluice_ending ending;
            sluice_reap(handle, 1, &ending);
            close(handle);
        }
    }
    close(report[0]);
    if (error) return -error;
    *pidfd = handle;
    return pid;
}

int sluice_pidfd_signal(int pidfd, int signal) {
    return syscall(SYS_pidfd_send_signal, pidfd, signal, NULL, 0) < 0 ? -errno : 0;
}

int sluice_kill_group(pid_t group) {
    if (group <= 1) return -EINVAL;
    return kill(-group, SIGKILL) < 0 ? -errno : 0;
}

static int wait_for(int pidfd, int options, siginfo_t *info, struct rusage *usage) {
    long result;
    do {
        info->si_pid = 0;
        result = syscall(SYS_waitid, IDTYPE_PIDFD, pidfd, info, options, usage);
    } while (result < 0 && errno == EINTR);
    if (result < 0) return -errno;
    return info->si_pid != 0;
}

int sluice_has_ended(int pidfd) {
    siginfo_t info;
    return wait_for(pidfd, WEXITED | WNOHANG | WNOWAIT, &info, NULL);
}

int sluice_reap(int pidfd, int block, struct sluice_ending *ending) {
    siginfo_t info;
    struct rusage usage;
    int result = wait_for(pidfd, WEXITED | (block ? 0 : WNOHANG), &info, &usage);
    if (result != 1) return result;
    ending->code = info.si_code;
    ending->status = info.si_status;
    ending->peak_resident = (uint64_t)usage.ru_maxrss * 1024;
    return 1;
}
