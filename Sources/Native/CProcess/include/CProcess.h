#pragma once
// What Swift cannot say to Linux by itself. Every function that returns int gives -errno when it fails.
// Nothing here needs _GNU_SOURCE to be included.
#include <stdint.h>
#include <sys/types.h>

// ---------------------------------------------------------------- processes

struct sluice_program {
    const char *path;
    char *const *arguments;    // argv, NULL at the end
    char *const *environment;  // NULL at the end; NULL itself: this process's own
    const int *descriptors;    // become 3, 4, … in the new process; all others are closed
    int descriptor_count;      // at most SLUICE_DESCRIPTORS_MAX
    int standard_input;        // -1: /dev/null
    int standard_output;       // -1: the same as standard error
    int standard_error;        // -1: this process's own
    int own_group;             // 1: leads a process group of its own
    int dies_with_thread;      // 1: SIGKILL when the calling *thread* ends
};

#define SLUICE_DESCRIPTORS_MAX 8

struct sluice_ending {
    int code;                // CLD_EXITED, CLD_KILLED, CLD_DUMPED
    int status;              // exit status or signal
    uint64_t peak_resident;  // bytes
};

// Starts a process and waits until it has executed its program (or could not). Signals have their default action there
// and none is blocked. Returns the pid; `pidfd` is close-on-exec.
pid_t sluice_spawn(const struct sluice_program *program, int *pidfd);

int sluice_pidfd_signal(int pidfd, int signal);

// SIGKILL to every member of a process group.
int sluice_kill_group(pid_t group);

// 1: it has ended (and is still a zombie), 0: it runs.
int sluice_has_ended(int pidfd);

// Reaps a child. 1: done, 0: it runs and `block` is 0.
int sluice_reap(int pidfd, int block, struct sluice_ending *ending);

// ---------------------------------------------------------------- the lease

// A timer of this process that kills it with SIGKILL, whatever it is doing then, stopped included.
int sluice_lease_create(void **timer);
// At an absolute CLOCK_BOOTTIME; 0 disarms.
int sluice_lease_arm(void *timer, int64_t boottime_ns);
int sluice_lease_delete(void *timer);

// ---------------------------------------------------------------- descriptors, clocks, this machine

int sluice_eventfd(void);  // close-on-exec, non-blocking
int sluice_pipe(int *read_end, int *write_end);  // close-on-exec
int sluice_close(int descriptor);
int sluice_close_on_exec(int descriptor);

// Opens (creating it, mode 0600) and locks; -EWOULDBLOCK when somebody else holds it. `create` 0: it must exist.
int sluice_lock_open(const char *path, int create);

int64_t sluice_boottime_ns(void);
int64_t sluice_wallclock_us(void);
// Of the calling process, in bytes; 0 when /proc does not tell.
uint64_t sluice_resident_bytes(void);
// 36 characters and a NUL.
int sluice_boot_id(char text[37]);
int sluice_set_parent_death_signal(int signal);
// At most 15 bytes are kept. For the calling thread.
void sluice_name_thread(const char *name);
