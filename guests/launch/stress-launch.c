/*
 * Starts one guest and sees to it that nothing of it outlives the program that asked for it.
 *   stress-launch SCRATCH PROGRAM [ARGUMENT]...
 * The standard input is a pipe that the parent holds open: at its end, however the parent ended, every process of the guest is killed and the folder
 * SCRATCH is removed. stress-state.so, where it lies beside this program, is loaded with the guest's. The guest gets /dev/null as its input, our output as output and errors, and SCRATCH as its working directory. The last line of
 * our errors is "launch: exit N" or "launch: signal N", with the CPU time of all processes of the guest in microseconds, user and system.
 * C99 and Linux.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static int wake[2];

static void on_child(int signal_number)
{
    int saved = errno;
    ssize_t written = write(wake[1], "c", 1);
    (void)written;
    (void)signal_number;
    errno = saved;
}

/* Kills what is left below us: the guest's processes are our own children once their parents are gone. */
static void kill_all(pid_t guest)
{
    for (int round = 0; round < 1000; round++) {
        char path[64], line[4096];
        kill(-guest, SIGKILL);
        kill(guest, SIGKILL);
        snprintf(path, sizeof path, "/proc/self/task/%d/children", (int)getpid());
        FILE *children = fopen(path, "r");
        if (children != NULL) {
            if (fgets(line, sizeof line, children) != NULL)
                for (char *word = strtok(line, " "); word != NULL; word = strtok(NULL, " "))
                    kill((pid_t)atoi(word), SIGKILL);
            fclose(children);
        }
        pid_t ended;
        while ((ended = waitpid(-1, NULL, WNOHANG)) > 0)
            ;
        if (ended < 0 && errno == ECHILD)
            return;
        poll(NULL, 0, 1);
    }
}

static void remove_folder(const char *folder, int depth)
{
    DIR *entries = opendir(folder);
    if (entries != NULL && depth < 8) {
        struct dirent *entry;
        while ((entry = readdir(entries)) != NULL) {
            char path[4096];
            struct stat status;
            if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
                continue;
            if (snprintf(path, sizeof path, "%s/%s", folder, entry->d_name) >= (int)sizeof path)
                continue;
            if (lstat(path, &status) == 0 && S_ISDIR(status.st_mode))
                remove_folder(path, depth + 1);
            else
                unlink(path);
        }
    }
    if (entries != NULL)
        closedir(entries);
    rmdir(folder);
}

/*
 * The library beside us, wherever we were started from and by whatever name, under a name that is the same on every machine: the environment lies on
 * the guest's stack.
 */
static void load_state(const char *folder)
{
    char beside[4096], link[4096];
    ssize_t length = readlink("/proc/self/exe", beside, sizeof beside - sizeof "stress-state.so");
    while (length > 0 && beside[length - 1] != '/')
        length--;
    if (length <= 0)
        return;
    strcpy(beside + length, "stress-state.so");
    if (access(beside, R_OK) != 0)
        return;
    if (snprintf(link, sizeof link, "%s/state.so", folder) < (int)sizeof link && symlink(beside, link) == 0)
        setenv("LD_PRELOAD", "./state.so", 1);
}

int main(int count, char **words)
{
    if (count < 3) {
        fprintf(stderr, "launch: SCRATCH PROGRAM [ARGUMENT]...\n");
        return 2;
    }
    if (pipe2(wake, O_CLOEXEC | O_NONBLOCK) != 0)
        return 2;
    prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
    signal(SIGCHLD, on_child);
    signal(SIGINT, SIG_IGN);
    signal(SIGTERM, SIG_IGN);
    setpgid(0, 0);
    /* Room for most of what a console has to say: a guest that finds none waits for its reader. */
    fcntl(1, F_SETPIPE_SZ, 1 << 20);
    load_state(words[1]);
    pid_t self = getpid(), guest = fork();
    if (guest == 0) {
        signal(SIGINT, SIG_DFL);
        signal(SIGTERM, SIG_DFL);
        signal(SIGCHLD, SIG_DFL);
        setpgid(0, 0);
        prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
        if (getppid() != self)
            _exit(2);
        int nothing = open("/dev/null", O_RDWR);
        if (nothing < 0 || dup2(nothing, 0) < 0 || dup2(1, 2) < 0 || chdir(words[1]) != 0) {
            perror("launch");
            _exit(126);
        }
        for (int fd = 3; fd < 256; fd++)
            close(fd);
        execv(words[2], words + 2);
        fprintf(stderr, "launch: %s: %s\n", words[2], strerror(errno));
        _exit(127);
    }
    int status = 0, ended = 0;
    while (guest > 0 && !ended) {
        struct pollfd watched[2] = { { .fd = 0, .events = POLLIN }, { .fd = wake[0], .events = POLLIN } };
        char bytes[64];
        poll(watched, 2, -1);
        if (watched[1].revents != 0)
            while (read(wake[0], bytes, sizeof bytes) > 0)
                ;
        pid_t which;
        int how;
        while ((which = waitpid(-1, &how, WNOHANG)) > 0)
            if (which == guest) {
                status = how;
                ended = 1;
            }
        if (watched[0].revents != 0 && read(0, bytes, sizeof bytes) <= 0)
            break;
    }
    if (guest > 0) {
        if (!ended) {
            kill(guest, SIGKILL);
            waitpid(guest, &status, 0);
        }
        kill_all(guest);
    }
    remove_folder(words[1], 0);
    struct rusage used;
    getrusage(RUSAGE_CHILDREN, &used);
    long long user = used.ru_utime.tv_sec * 1000000LL + used.ru_utime.tv_usec, system_time = used.ru_stime.tv_sec * 1000000LL + used.ru_stime.tv_usec;
    if (WIFSIGNALED(status))
        fprintf(stderr, "launch: signal %d %lld %lld\n", WTERMSIG(status), user, system_time);
    else
        fprintf(stderr, "launch: exit %d %lld %lld\n", WEXITSTATUS(status), user, system_time);
    return 0;
}
