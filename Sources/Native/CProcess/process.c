#define _GNU_SOURCE
#include "CProcess.h"
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

// timer_t is a pointer type whose first value is 0: handed out one higher, so that it is never NULL in Swift.
int sluice_lease_create(void **timer) {
    struct sigevent event;
    memset(&event, 0, sizeof event);
    event.sigev_notify = SIGEV_SIGNAL;
    event.sigev_signo = SIGKILL;
    timer_t id;
    if (timer_create(CLOCK_BOOTTIME, &event, &id) < 0) return -errno;
    *timer = (void *)((uintptr_t)id + 1);
    return 0;
}

static timer_t timer_of(void *timer) {
    return (timer_t)((uintptr_t)timer - 1);
}

int sluice_lease_arm(void *timer, int64_t boottime_ns) {
    struct itimerspec when;
    memset(&when, 0, sizeof when);
    when.it_value.tv_sec = boottime_ns / 1000000000;
    when.it_value.tv_nsec = boottime_ns % 1000000000;
    return timer_settime(timer_of(timer), TIMER_ABSTIME, &when, NULL) < 0 ? -errno : 0;
}

int sluice_lease_delete(void *timer) {
    return timer_delete(timer_of(timer)) < 0 ? -errno : 0;
}

int sluice_eventfd(void) {
    int result = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    return result < 0 ? -errno : result;
}

int sluice_pipe(int *read_end, int *write_end) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) < 0) return -errno;
    *read_end = ends[0];
    *write_end = ends[1];
    return 0;
}

int sluice_close(int descriptor) {
    // Linux closes it even when it says EINTR.
    return close(descriptor) < 0 && errno != EINTR ? -errno : 0;
}

int sluice_close_on_exec(int descriptor) {
    return fcntl(descriptor, F_SETFD, FD_CLOEXEC) < 0 ? -errno : 0;
}

int sluice_lock_open(const char *path, int create) {
    int descriptor;
    do descriptor = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW | (create ? O_CREAT : 0), 0600);
    while (descriptor < 0 && errno == EINTR);
    if (descriptor < 0) return -errno;
    int result;
    do result = flock(descriptor, LOCK_EX | LOCK_NB);
    while (result < 0 && errno == EINTR);
    if (result < 0) {
        int error = errno;
        close(descriptor);
        return -error;
    }
    return descriptor;
}

int64_t sluice_boottime_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_BOOTTIME, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

int64_t sluice_wallclock_us(void) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static ssize_t read_small(const char *path, char *text, size_t size) {
    int descriptor = open(path, O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) return -errno;
    ssize_t count;
    do count = read(descriptor, text, size);
    while (count < 0 && errno == EINTR);
    int error = errno;
    close(descriptor);
    return count < 0 ? -error : count;
}

uint64_t sluice_resident_bytes(void) {
    char text[128];
    ssize_t count = read_small("/proc/self/statm", text, sizeof text - 1);
    if (count <= 0) return 0;
    text[count] = 0;
    unsigned long total, resident;
    if (sscanf(text, "%lu %lu", &total, &resident) != 2) return 0;
    return (uint64_t)resident * (uint64_t)sysconf(_SC_PAGESIZE);
}

int sluice_boot_id(char text[37]) {
    ssize_t count = read_small("/proc/sys/kernel/random/boot_id", text, 36);
    if (count < 0) return (int)count;
    text[36] = 0;
    return count == 36 ? 0 : -EIO;
}

int sluice_set_parent_death_signal(int signal) {
    return prctl(PR_SET_PDEATHSIG, signal) < 0 ? -errno : 0;
}

void sluice_name_thread(const char *name) {
    char kept[16];
    strncpy(kept, name, sizeof kept - 1);
    kept[sizeof kept - 1] = 0;
    pthread_setname_np(pthread_self(), kept);
}
