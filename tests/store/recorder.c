/* Preloaded into a process: records what it does to the files of one directory, in order.
 * RECORD_DIRECTORY names the directory, RECORD_FILE the record. One entry is
 * op, length of the name (16 bit), offset and length (64 bit), name, data of a write. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#define FILES 4096
static char *names[FILES];
static int record = -1;

#define REAL(name) ((typeof(&name))dlsym(RTLD_NEXT, #name))

static void note(char op, const char *name, int64_t at, int64_t length, const void *data)
{
	uint16_t size = (uint16_t)strlen(name);
	struct iovec parts[] = { { &op, 1 },	       { &size, 2 },
				 { &at, 8 },	       { &length, 8 },
				 { (void *)name, size }, { (void *)data, data ? length : 0 } };
	if (record < 0)
		record = REAL(open)(getenv("RECORD_FILE"), O_WRONLY | O_CREAT | O_APPEND, 0600);
	if (writev(record, parts, 6) < 0)
		abort();
}

static const char *watched(int file)
{
	return file >= 0 && file < FILES ? names[file] : NULL;
}

static int opened(int file, const char *path)
{
	const char *directory = getenv("RECORD_DIRECTORY");
	if (file < 0 || file >= FILES || !directory || strncmp(path, directory, strlen(directory)))
		return file;
	names[file] = strdup(path);
	note('o', path, 0, 0, NULL);
	return file;
}

#define OPEN(name)                                                   \
	int name(const char *path, int flags, ...)                   \
	{                                                            \
		va_list rest;                                        \
		va_start(rest, flags);                               \
		int mode = va_arg(rest, int);                        \
		va_end(rest);                                        \
		return opened(REAL(name)(path, flags, mode), path);  \
	}
OPEN(open)
OPEN(open64)

int close(int file)
{
	if (watched(file))
		names[file] = NULL;
	return REAL(close)(file);
}

ssize_t write(int file, const void *data, size_t length)
{
	int64_t at = watched(file) ? lseek(file, 0, SEEK_CUR) : 0;
	ssize_t done = REAL(write)(file, data, length);
	if (watched(file) && done > 0)
		note('w', watched(file), at, done, data);
	return done;
}

#define PWRITE(name, offset)                                                \
	ssize_t name(int file, const void *data, size_t length, offset at)  \
	{                                                                   \
		ssize_t done = REAL(name)(file, data, length, at);          \
		if (watched(file) && done > 0)                              \
			note('w', watched(file), at, done, data);           \
		return done;                                                \
	}
PWRITE(pwrite, off_t)
PWRITE(pwrite64, off64_t)

#define TRUNCATE(name, offset)                                  \
	int name(int file, offset length)                       \
	{                                                       \
		int failed = REAL(name)(file, length);          \
		if (watched(file) && !failed)                   \
			note('t', watched(file), length, 0, NULL); \
		return failed;                                  \
	}
TRUNCATE(ftruncate, off_t)
TRUNCATE(ftruncate64, off64_t)

#define SYNC(name)                                            \
	int name(int file)                                    \
	{                                                     \
		int failed = REAL(name)(file);                \
		if (watched(file) && !failed)                 \
			note('s', watched(file), 0, 0, NULL); \
		return failed;                                \
	}
SYNC(fsync)
SYNC(fdatasync)
