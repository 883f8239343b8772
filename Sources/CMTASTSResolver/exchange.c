// SPDX-License-Identifier: Apache-2.0

#include "CMTASTSResolver.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#ifndef MSG_NOSIGNAL
#define MSG_NOSIGNAL 0
#endif

/// What the steps of one exchange share.
struct exchange {
    int socket;
    int cancel_fd;
    int64_t deadline_ms;
    int *error;
};

static int64_t now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static long socket_error(const struct exchange *exchange) {
    *exchange->error = errno;
    return MTASTS_SOCKET_ERROR;
}

/// Waits until the socket is ready for `events`: 0, or a negative code.
static long wait_for(const struct exchange *exchange, short events) {
    for (;;) {
        int64_t left = exchange->deadline_ms - now_ms();
        if (left <= 0) return MTASTS_TIMED_OUT;
        struct pollfd fds[2] = {
            {.fd = exchange->socket, .events = events},
            {.fd = exchange->cancel_fd, .events = POLLIN},
        };
        int ready = poll(fds, 2, left > INT_MAX ? INT_MAX : (int)left);
        if (ready < 0 && errno != EINTR) return socket_error(exchange);
        if (ready <= 0) continue;
        if (fds[1].revents != 0) return MTASTS_CANCELLED;
        return 0;
    }
}

static bool would_block(void) { return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR; }

static uint8_t lowercase(uint8_t octet) { return octet >= 'A' && octet <= 'Z' ? octet + 32 : octet; }

/// Whether the datagram answers the query: same ID, a response, same question. Names compare without regard to
/// case (RFC 4343). A server that reports an error may leave the question out.
static bool answers(const uint8_t *answer, size_t length, const uint8_t *query, size_t question) {
    if (length < 12 || answer[0] != query[0] || answer[1] != query[1] || (answer[2] & 0x80) == 0) return false;
    unsigned questions = (unsigned)answer[4] << 8 | answer[5];
    if (questions == 0) return (answer[3] & 0x0F) != 0;
    if (questions != 1 || question < 4 || length - 12 < question) return false;
    for (size_t index = 12; index < 12 + question - 4; index++) {
        if (lowercase(answer[index]) != lowercase(query[index])) return false;
    }
    return memcmp(answer + 12 + question - 4, query + 12 + question - 4, 4) == 0;
}

static long exchange_datagrams(
    const struct exchange *exchange, const uint8_t *query, size_t length, size_t question,
    uint8_t *answer, size_t capacity) {
    while (send(exchange->socket, query, length, MSG_NOSIGNAL) < 0) {
        if (!would_block()) return socket_error(exchange);
        long code = wait_for(exchange, POLLOUT);
        if (code < 0) return code;
    }
    for (;;) {
        long code = wait_for(exchange, POLLIN);
        if (code < 0) return code;
        ssize_t received = recv(exchange->socket, answer, capacity, 0);
        if (received < 0 && !would_block()) return socket_error(exchange);
        if (received >= 0 && answers(answer, (size_t)received, query, question)) return received;
    }
}

static long send_all(const struct exchange *exchange, const uint8_t *octets, size_t length) {
    while (length > 0) {
        ssize_t sent = send(exchange->socket, octets, length, MSG_NOSIGNAL);
        if (sent > 0) {
            octets += sent;
            length -= (size_t)sent;
            continue;
        }
        if (sent < 0 && !would_block()) return socket_error(exchange);
        long code = wait_for(exchange, POLLOUT);
        if (code < 0) return code;
    }
    return 0;
}

static long receive_all(const struct exchange *exchange, uint8_t *octets, size_t length) {
    while (length > 0) {
        ssize_t received = recv(exchange->socket, octets, length, 0);
        if (received > 0) {
            octets += received;
            length -= (size_t)received;
            continue;
        }
        if (received == 0) {
            errno = ECONNRESET;  // closed before the end of the message
            return socket_error(exchange);
        }
        if (!would_block()) return socket_error(exchange);
        long code = wait_for(exchange, POLLIN);
        if (code < 0) return code;
    }
    return 0;
}

/// Over TCP each message follows its length in two octets (RFC 1035 section 4.2.2).
static long exchange_stream(
    const struct exchange *exchange, const uint8_t *query, size_t length, size_t question,
    uint8_t *answer, size_t capacity) {
    uint8_t framed[2 + 512];
    if (length > sizeof framed - 2) {
        errno = EMSGSIZE;
        return socket_error(exchange);
    }
    framed[0] = (uint8_t)(length >> 8);
    framed[1] = (uint8_t)length;
    memcpy(framed + 2, query, length);
    long code = send_all(exchange, framed, length + 2);
    if (code < 0) return code;
    uint8_t prefix[2];
    code = receive_all(exchange, prefix, 2);
    if (code < 0) return code;
    size_t expected = (size_t)prefix[0] << 8 | prefix[1];
    if (expected > capacity) {
        errno = EMSGSIZE;
        return socket_error(exchange);
    }
    code = receive_all(exchange, answer, expected);
    if (code < 0) return code;
    if (!answers(answer, expected, query, question)) {
        errno = EPROTO;
        return socket_error(exchange);
    }
    return (long)expected;
}

/// A socket that does not block and is closed on exec, or -1.
static int open_socket(int family, int type) {
#if defined(SOCK_CLOEXEC) && defined(SOCK_NONBLOCK)
    return socket(family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
#else
    int descriptor = socket(family, type, 0);
    if (descriptor < 0) return -1;
    fcntl(descriptor, F_SETFD, FD_CLOEXEC);
    fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK);
#ifdef SO_NOSIGPIPE
    int on = 1;
    setsockopt(descriptor, SOL_SOCKET, SO_NOSIGPIPE, &on, sizeof on);
#endif
    return descriptor;
#endif
}

/// Connects the socket: 0, or a negative code. A connected UDP socket takes datagrams from this server alone, and
/// learns of a closed port.
static long connect_to(const struct exchange *exchange, const struct mtasts_server *server) {
    if (connect(exchange->socket, (const struct sockaddr *)&server->address, server->length) == 0) return 0;
    if (errno != EINPROGRESS && errno != EINTR) return socket_error(exchange);
    long code = wait_for(exchange, POLLOUT);
    if (code < 0) return code;
    int error = 0;
    socklen_t size = sizeof error;
    if (getsockopt(exchange->socket, SOL_SOCKET, SO_ERROR, &error, &size) != 0) return socket_error(exchange);
    if (error == 0) return 0;
    errno = error;
    return socket_error(exchange);
}

long mtasts_exchange(
    const struct mtasts_server *server, bool over_tcp,
    const uint8_t *query, size_t length, size_t question,
    uint8_t *answer, size_t capacity,
    int timeout_ms, int cancel_fd, int *error) {
    struct exchange exchange = {
        .socket = open_socket(server->address.ss_family, over_tcp ? SOCK_STREAM : SOCK_DGRAM),
        .cancel_fd = cancel_fd,
        .deadline_ms = now_ms() + (timeout_ms > 0 ? timeout_ms : 0),
        .error = error,
    };
    *error = 0;
    if (exchange.socket < 0) return socket_error(&exchange);
    long result = connect_to(&exchange, server);
    if (result == 0) {
        result = over_tcp
            ? exchange_stream(&exchange, query, length, question, answer, capacity)
            : exchange_datagrams(&exchange, query, length, question, answer, capacity);
    }
    close(exchange.socket);
    return result;
}
