/* The floor in C: connect to a Unix socket, send one line, print what comes. */
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	static const char line[] = "{\"v\":1,\"ask\":\"credentials\",\"profile\":\"profile-0001\"}\n";
	struct sockaddr_un name = { .sun_family = AF_UNIX };
	char bytes[4096];
	ssize_t count;
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (argc != 2 || strlen(argv[1]) >= sizeof name.sun_path)
		return 2;
	strcpy(name.sun_path, argv[1]);
	if (connect(fd, (struct sockaddr *)&name, sizeof name) < 0)
		return 1;
	if (write(fd, line, sizeof line - 1) < 0)
		return 1;
	while ((count = read(fd, bytes, sizeof bytes)) > 0)
		if (write(1, bytes, count) != count)
			return 1;
	return count < 0;
}
