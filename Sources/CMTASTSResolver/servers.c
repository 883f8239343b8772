// SPDX-License-Identifier: Apache-2.0

#include "CMTASTSResolver.h"

#include <netinet/in.h>
#include <string.h>

#if defined(__GLIBC__) || defined(__APPLE__)
#include <arpa/nameser.h>
#include <resolv.h>
#endif

static void copy_server(const void *address, socklen_t length, struct mtasts_server *server) {
    memset(server, 0, sizeof *server);
    memcpy(&server->address, address, length);
    server->length = length;
}

// A resolver state of its own for each call is what makes this safe on several threads, and what makes a change of
// resolv.conf seen at once.
int mtasts_system_servers(struct mtasts_server *servers) {
    int count = 0;
#if defined(__GLIBC__)
    struct __res_state state;
    memset(&state, 0, sizeof state);
    if (res_ninit(&state) != 0) return 0;
    for (int index = 0; index < state.nscount && index < MAXNS && count < MTASTS_MAXIMUM_SERVERS; index++) {
        // glibc leaves the family at 0 where the server has an IPv6 address, which then is in the extension.
        if (state.nsaddr_list[index].sin_family == AF_INET) {
            copy_server(&state.nsaddr_list[index], sizeof(struct sockaddr_in), &servers[count++]);
        } else if (state._u._ext.nsaddrs[index] != NULL) {
            copy_server(state._u._ext.nsaddrs[index], sizeof(struct sockaddr_in6), &servers[count++]);
        }
    }
    res_nclose(&state);
#elif defined(__APPLE__)
    struct __res_state state;
    memset(&state, 0, sizeof state);
    if (res_ninit(&state) != 0) return 0;
    union res_sockaddr_union addresses[MTASTS_MAXIMUM_SERVERS];
    int found = res_getservers(&state, addresses, MTASTS_MAXIMUM_SERVERS);
    for (int index = 0; index < found && index < MTASTS_MAXIMUM_SERVERS; index++) {
        if (addresses[index].sin.sin_family == AF_INET) {
            copy_server(&addresses[index].sin, sizeof(struct sockaddr_in), &servers[count++]);
        } else if (addresses[index].sin.sin_family == AF_INET6) {
            copy_server(&addresses[index].sin6, sizeof(struct sockaddr_in6), &servers[count++]);
        }
    }
    res_ndestroy(&state);
#else
    (void)servers;
#endif
    return count;
}

bool mtasts_make_server(const uint8_t *octets, size_t count, uint16_t port, struct mtasts_server *server) {
    if (count == 4) {
        struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
        memcpy(&address.sin_addr, octets, 4);
        copy_server(&address, sizeof address, server);
        return true;
    }
    if (count == 16) {
        struct sockaddr_in6 address = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
        memcpy(&address.sin6_addr, octets, 16);
        copy_server(&address, sizeof address, server);
        return true;
    }
    return false;
}
