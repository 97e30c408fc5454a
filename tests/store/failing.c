/* Preloaded into a process: calls on the files of FAIL_DIRECTORY fail from the FAIL_AT-th on, or
 * that one alone with FAIL_ONCE=1, with the errno FAIL_WITH. FAIL_CALLS names which: o open to
 * write, w write and truncate, s sync. Counting starts when the file FAIL_ARMED is there. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FILES 4096
static char watched[FILES];
static int calls;

#define REAL(name) ((typeof(&name))dlsym(RTLD_NEXT, #name))

static int fails(char call)
{
	const char *armed = getenv("FAIL_ARMED");
	if (!strchr(getenv("FAIL_CALLS"), call) || access(armed, F_OK))
		return 0;
	int at = atoi(getenv("FAIL_AT")), now = __sync_add_and_fetch(&calls, 1);
	if (now < at || (now > at && getenv("FAIL_ONCE")))
		return 0;
	errno = atoi(getenv("FAIL_WITH"));
	return 1;
}

static int file_fails(int file, char call)
{
	return file >= 0 && file < FILES && watched[file] && fails(call);
}

static int is_ours(const char *path)
{
	const char *directory = getenv("FAIL_DIRECTORY");
	return directory && !strncmp(path, directory, strlen(directory));
}

#define OPEN(name)                                                            \
	int name(const char *path, int flags, ...)                            \
	{                                                                     \
		va_list rest;                                                 \
		va_start(rest, flags);                                        \
		int mode = va_arg(rest, int);                                 \
		va_end(rest);                                                 \
		if ((flags & O_ACCMODE) != O_RDONLY && is_ours(path) && fails('o')) \
			return -1;                                            \
		int file = REAL(name)(path, flags, mode);                     \
		if (file >= 0 && file < FILES)                                \
			watched[file] = is_ours(path);                        \
		return file;                                                  \
	}
OPEN(open)
OPEN(open64)

int close(int file)
{
	if (file >= 0 && file < FILES)
		watched[file] = 0;
	return REAL(close)(file);
}

#define CALL(type, name, parameters, arguments, call)                 \
	type name parameters                                          \
	{                                                             \
		return file_fails(file, call) ? -1 : REAL(name) arguments; \
	}
CALL(ssize_t, write, (int file, const void *data, size_t size), (file, data, size), 'w')
CALL(ssize_t, pwrite, (int file, const void *data, size_t size, off_t at),
     (file, data, size, at), 'w')
CALL(ssize_t, pwrite64, (int file, const void *data, size_t size, off64_t at),
     (file, data, size, at), 'w')
CALL(int, ftruncate, (int file, off_t size), (file, size), 'w')
CALL(int, ftruncate64, (int file, off64_t size), (file, size), 'w')
CALL(int, fsync, (int file), (file), 's')
CALL(int, fdatasync, (int file), (file), 's')
