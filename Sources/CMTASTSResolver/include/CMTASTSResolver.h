// SPDX-License-Identifier: Apache-2.0

// The parts of a stub resolver that are awkward in Swift: the system's list of servers, and one exchange of one
// message with one server, over sockets that never block longer than they are told.
//
// The C library's own `res_nsend` is not used for the exchange: once an answer is truncated it waits for a TCP
// server without any time limit, it repeats a query that was answered with SERVFAIL, and it cannot be interrupted.

#ifndef CMTASTSRESOLVER_H
#define CMTASTSRESOLVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

/// The most servers that the C library takes from resolv.conf (MAXNS).
#define MTASTS_MAXIMUM_SERVERS 3

/// A server's socket address.
struct mtasts_server {
    struct sockaddr_storage address;
    socklen_t length;
};

/// Why an exchange gave no answer; negative, so that it cannot be taken for a length.
enum {
    MTASTS_TIMED_OUT = -1,
    MTASTS_CANCELLED = -2,
    /// A socket call failed; the error number says why.
    MTASTS_SOCKET_ERROR = -3,
};

/// Copies the servers of resolv.conf to `servers`, room for MTASTS_MAXIMUM_SERVERS, and returns how many there are.
/// Returns 0 where the C library does not tell them (musl).
int mtasts_system_servers(struct mtasts_server *servers);

/// Makes a server of an address of 4 or 16 octets in network order and a port; false for any other count.
bool mtasts_make_server(const uint8_t *octets, size_t count, uint16_t port, struct mtasts_server *server);

/// Sends a query with one question and waits for the answer to it. A datagram that is no answer to this query is
/// skipped.
///
/// `question` is the length of the question section, which begins at octet 12. The wait ends after `timeout_ms`
/// milliseconds in all, and when `cancel_fd`, if it is not -1, becomes readable or is hung up. Returns the answer's
/// length, at most `capacity`, or a negative code above, with the errno of a socket call in `error`.
long mtasts_exchange(
    const struct mtasts_server *server, bool over_tcp,
    const uint8_t *query, size_t length, size_t question,
    uint8_t *answer, size_t capacity,
    int timeout_ms, int cancel_fd, int *error);

/// Makes a pair of connected descriptors that are closed on exec: closing one hangs up the other. Returns 0 or -1.
int mtasts_make_signal(int *waiting, int *signalling);

/// Closes a descriptor.
void mtasts_close(int descriptor);

/// Runs `body(context)` on a thread of its own, which is detached and takes none of the process's signals. Returns
/// 0, or the error number of pthread_create; then `body` is not called.
int mtasts_start_thread(void (*body)(void *), void *context);

#endif
