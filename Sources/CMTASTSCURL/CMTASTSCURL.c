// SPDX-License-Identifier: Apache-2.0

#include "CMTASTSCURL.h"

#ifdef MTASTS_HAVE_CURL

#include <curl/curl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#if LIBCURL_VERSION_NUM < 0x075000
#error "libcurl 7.80 or later is needed (CURLOPT_PREREQFUNCTION)"
#endif

struct mtasts_curl_transfer {
    CURL *easy;
    struct curl_slist *header;
    struct curl_slist *resolve;
    struct curl_slist *connect_to;
    struct mtasts_curl_loop *loop;
    void *context;
    struct mtasts_curl_callbacks callbacks;
    char text[CURL_ERROR_SIZE];
};

bool mtasts_curl_global_init(void) { return curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK; }

char *mtasts_curl_read_file(const char *path, size_t *count) {
    const size_t most = 16 * 1024 * 1024;
    FILE *file = fopen(path, "rb");
    if (!file) return NULL;
    char *octets = NULL;
    long size = -1;
    if (fseek(file, 0, SEEK_END) == 0) size = ftell(file);
    if (size >= 0 && (size_t)size <= most && fseek(file, 0, SEEK_SET) == 0) octets = malloc((size_t)size + 1);
    if (octets && fread(octets, 1, (size_t)size, file) != (size_t)size) {
        free(octets);
        octets = NULL;
    }
    fclose(file);
    *count = octets ? (size_t)size : 0;
    return octets;
}

void mtasts_curl_free(char *octets) { free(octets); }

struct thread_start {
    void (*run)(void *);
    void *context;
};

static void *thread_main(void *argument) {
    struct thread_start start = *(struct thread_start *)argument;
    free(argument);
    start.run(start.context);
    return NULL;
}

bool mtasts_curl_start_thread(void (*run)(void *), void *context) {
    struct thread_start *start = malloc(sizeof *start);
    if (!start) return false;
    start->run = run;
    start->context = context;
    pthread_t thread;
    if (pthread_create(&thread, NULL, thread_main, start) != 0) {
        free(start);
        return false;
    }
    pthread_detach(thread);
    return true;
}

void *mtasts_curl_multi_new(void) { return curl_multi_init(); }

void mtasts_curl_multi_free(void *multi) { curl_multi_cleanup(multi); }

void mtasts_curl_multi_wakeup(void *multi) { curl_multi_wakeup(multi); }

bool mtasts_curl_multi_perform(void *multi) {
    int running = 0;
    return curl_multi_perform(multi, &running) == CURLM_OK;
}

bool mtasts_curl_multi_wait(void *multi, int milliseconds) {
    return curl_multi_poll(multi, NULL, 0, milliseconds, NULL) == CURLM_OK;
}

/* Callbacks. */

static size_t header_line(char *octets, size_t size, size_t count, void *context) {
    struct mtasts_curl_transfer *transfer = context;
    size_t length = size * count;
    return transfer->callbacks.header(transfer->context, octets, length) ? length : 0;
}

static size_t body_part(char *octets, size_t size, size_t count, void *context) {
    struct mtasts_curl_transfer *transfer = context;
    size_t length = size * count;
    if (length == 0) return 0;
    return transfer->callbacks.body(transfer->context, octets, length) ? length : 0;
}

/* The server's own certificate is the first of the list; it has a line "Cert:" with the PEM text. */
static const char *leaf_certificate(CURL *easy) {
    struct curl_certinfo *chain = NULL;
    if (curl_easy_getinfo(easy, CURLINFO_CERTINFO, &chain) != CURLE_OK || !chain || chain->num_of_certs < 1) {
        return NULL;
    }
    for (struct curl_slist *line = chain->certinfo[0]; line; line = line->next) {
        if (strncmp(line->data, "Cert:", 5) == 0) return line->data + 5;
    }
    return NULL;
}

static int before_request(void *context, char *address, char *local, int port, int local_port) {
    (void)address, (void)local, (void)port, (void)local_port;
    struct mtasts_curl_transfer *transfer = context;
    bool accepted = transfer->callbacks.certificate(transfer->context, leaf_certificate(transfer->easy));
    return accepted ? CURL_PREREQFUNC_OK : CURL_PREREQFUNC_ABORT;
}

static curl_socket_t open_socket(void *context, curlsocktype purpose, struct curl_sockaddr *address) {
    struct mtasts_curl_transfer *transfer = context;
    const uint8_t *octets;
    size_t count;
    if (purpose != CURLSOCKTYPE_IPCXN) return CURL_SOCKET_BAD;
    if (address->family == AF_INET) {
        octets = (const uint8_t *)&((struct sockaddr_in *)&address->addr)->sin_addr;
        count = 4;
    } else if (address->family == AF_INET6) {
        octets = (const uint8_t *)&((struct sockaddr_in6 *)&address->addr)->sin6_addr;
        count = 16;
    } else {
        return CURL_SOCKET_BAD;
    }
#ifdef SOCK_CLOEXEC
    int made = socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
#else
    int made = socket(address->family, address->socktype, address->protocol);
#endif
    if (made < 0) return CURL_SOCKET_BAD;
    if (!transfer->callbacks.opened(transfer->context, made, octets, count)) {
        close(made);
        return CURL_SOCKET_BAD;
    }
    return made;
}

static int close_socket(void *context, curl_socket_t closing) {
    struct mtasts_curl_loop *loop = context;
    loop->closed(loop->context, closing);
    return close(closing);
}

/* Settings. */

static bool set_limits(struct mtasts_curl_transfer *t, const struct mtasts_curl_request *request) {
    CURL *easy = t->easy;
    bool good = true;
#if LIBCURL_VERSION_NUM >= 0x075500
    good &= curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "https") == CURLE_OK;
#else
    good &= curl_easy_setopt(easy, CURLOPT_PROTOCOLS, (long)CURLPROTO_HTTPS) == CURLE_OK;
#endif
    good &= curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L) == CURLE_OK;
    good &= curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1) == CURLE_OK;
    good &= curl_easy_setopt(easy, CURLOPT_HTTP_CONTENT_DECODING, 0L) == CURLE_OK;
    good &= curl_easy_setopt(easy, CURLOPT_PROXY, "") == CURLE_OK;
    good &= curl_easy_setopt(easy, CURLOPT_NOPROXY, "*") == CURLE_OK;
    good &= curl_easy_setopt(easy, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED) == CURLE_OK;
    good &= curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L) == CURLE_OK;
    good &= curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L) == CURLE_OK;
    good &= curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L) == CURLE_OK;
    good &= curl_easy_setopt(easy, CURLOPT_DNS_CACHE_TIMEOUT, 0L) == CURLE_OK;
    good &= curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, request->timeout_milliseconds) == CURLE_OK;
    good &= curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, request->connect_timeout_milliseconds) == CURLE_OK;
    good &= curl_easy_setopt(easy, CURLOPT_MAXFILESIZE_LARGE, (curl_off_t)request->body_limit) == CURLE_OK;
#if LIBCURL_VERSION_NUM >= 0x075700
    /* Without it the end of a transfer would wait for the end of its address look-up. */
    (void)curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
#endif
    return good;
}

static bool set_trust(struct mtasts_curl_transfer *t, const struct mtasts_curl_request *request) {
    CURL *easy = t->easy;
    bool good = true;
    good &= curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2) == CURLE_OK;
    good &= curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, request->verifies_certificate ? 1L : 0L) == CURLE_OK;
    good &= curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, request->verifies_certificate ? 2L : 0L) == CURLE_OK;
    good &= curl_easy_setopt(easy, CURLOPT_SSL_OPTIONS, (long)CURLSSLOPT_NO_PARTIALCHAIN) == CURLE_OK;
    good &= curl_easy_setopt(easy, CURLOPT_SSL_SESSIONID_CACHE, 0L) == CURLE_OK;
    good &= curl_easy_setopt(easy, CURLOPT_CERTINFO, 1L) == CURLE_OK;
    if (request->trust_roots) {
        struct curl_blob blob = {(void *)request->trust_roots, request->trust_roots_count, CURL_BLOB_COPY};
        good &= curl_easy_setopt(easy, CURLOPT_CAINFO_BLOB, &blob) == CURLE_OK;
        /* The built-in folder would be trusted beside it. */
        good &= curl_easy_setopt(easy, CURLOPT_CAPATH, NULL) == CURLE_OK;
    } else {
        const curl_version_info_data *version = curl_version_info(CURLVERSION_NOW);
        if (version->age >= CURLVERSION_SEVENTH && version->cainfo) {
            /* The file says all that the folder does, and libcurl keeps what it has read of a file alone. */
            (void)curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
        }
#if LIBCURL_VERSION_NUM >= 0x075700
        (void)curl_easy_setopt(easy, CURLOPT_CA_CACHE_TIMEOUT, request->trust_roots_seconds);
#endif
    }
    return good;
}

static bool append(struct curl_slist **list, const char *text) {
    struct curl_slist *longer = curl_slist_append(*list, text);
    if (longer) *list = longer;
    return longer != NULL;
}

static bool append_lines(struct curl_slist **list, const char *lines) {
    while (*lines) {
        char line[512];
        size_t length = strcspn(lines, "\n");
        if (length >= sizeof line) return false;
        memcpy(line, lines, length);
        line[length] = 0;
        if (!append(list, line)) return false;
        lines += length;
        if (*lines) lines++;
    }
    return true;
}

static bool set_request(struct mtasts_curl_transfer *t, const struct mtasts_curl_request *request) {
    CURL *easy = t->easy;
    bool good = append_lines(&t->header, request->fields);
    if (request->body) {
        good &= curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body_count) == CURLE_OK;
        good &= curl_easy_setopt(easy, CURLOPT_COPYPOSTFIELDS, request->body) == CURLE_OK;
    }
    if (request->resolve) {
        good = good && append(&t->resolve, request->resolve);
        good &= curl_easy_setopt(easy, CURLOPT_RESOLVE, t->resolve) == CURLE_OK;
    }
    if (request->connect_to) {
        good = good && append(&t->connect_to, request->connect_to);
        good &= curl_easy_setopt(easy, CURLOPT_CONNECT_TO, t->connect_to) == CURLE_OK;
    }
    good &= curl_easy_setopt(easy, CURLOPT_URL, request->url) == CURLE_OK;
    good &= curl_easy_setopt(easy, CURLOPT_USERAGENT, request->user_agent) == CURLE_OK;
    good &= curl_easy_setopt(easy, CURLOPT_HTTPHEADER, t->header) == CURLE_OK;
    return good;
}

static bool set_callbacks(struct mtasts_curl_transfer *t) {
    CURL *easy = t->easy;
    bool good = true;
    good &= curl_easy_setopt(easy, CURLOPT_PRIVATE, t) == CURLE_OK;
    good &= curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, t->text) == CURLE_OK;
    good &= curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, header_line) == CURLE_OK;
    good &= curl_easy_setopt(easy, CURLOPT_HEADERDATA, t) == CURLE_OK;
    good &= curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, body_part) == CURLE_OK;
    good &= curl_easy_setopt(easy, CURLOPT_WRITEDATA, t) == CURLE_OK;
    good &= curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, before_request) == CURLE_OK;
    good &= curl_easy_setopt(easy, CURLOPT_PREREQDATA, t) == CURLE_OK;
    good &= curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, open_socket) == CURLE_OK;
    good &= curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, t) == CURLE_OK;
    good &= curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, close_socket) == CURLE_OK;
    good &= curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, t->loop) == CURLE_OK;
    return good;
}

static void free_transfer(struct mtasts_curl_transfer *transfer) {
    curl_easy_cleanup(transfer->easy);
    curl_slist_free_all(transfer->header);
    curl_slist_free_all(transfer->resolve);
    curl_slist_free_all(transfer->connect_to);
    free(transfer);
}

struct mtasts_curl_transfer *mtasts_curl_transfer_start(void *multi, const struct mtasts_curl_request *request) {
    struct mtasts_curl_transfer *transfer = calloc(1, sizeof *transfer);
    if (!transfer) return NULL;
    transfer->context = request->context;
    transfer->callbacks = request->callbacks;
    transfer->loop = request->loop;
    transfer->easy = curl_easy_init();
    if (!transfer->easy) {
        free(transfer);
        return NULL;
    }
    if (!set_limits(transfer, request) || !set_trust(transfer, request) || !set_request(transfer, request) ||
        !set_callbacks(transfer) || curl_multi_add_handle(multi, transfer->easy) != CURLM_OK) {
        free_transfer(transfer);
        return NULL;
    }
    return transfer;
}

void mtasts_curl_transfer_free(void *multi, struct mtasts_curl_transfer *transfer) {
    curl_multi_remove_handle(multi, transfer->easy);
    free_transfer(transfer);
}

/* Results. */

static enum mtasts_curl_end end_of(CURLcode code, long status) {
    switch (code) {
    case CURLE_OK:
        return mtasts_curl_complete;
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_INVALIDCERTSTATUS:
        return mtasts_curl_certificate_refused;
    case CURLE_FILESIZE_EXCEEDED:
        return mtasts_curl_too_large;
    case CURLE_OPERATION_TIMEDOUT:
        return mtasts_curl_timed_out;
    default:
        return status >= 200 ? mtasts_curl_cut : mtasts_curl_failed;
    }
}

/* Other TLS libraries put bits of their own where OpenSSL and its relatives put the number of the fault. */
static bool has_openssl_numbers(void) {
    const char *library = curl_version_info(CURLVERSION_NOW)->ssl_version;
    return library && (strncmp(library, "OpenSSL", 7) == 0 || strncmp(library, "LibreSSL", 8) == 0);
}

struct mtasts_curl_transfer *mtasts_curl_multi_next_ended(void *multi, struct mtasts_curl_result *result) {
    int left = 0;
    CURLMsg *message;
    while ((message = curl_multi_info_read(multi, &left))) {
        if (message->msg != CURLMSG_DONE) continue;
        CURL *easy = message->easy_handle;
        CURLcode code = message->data.result;
        struct mtasts_curl_transfer *transfer = NULL;
        if (curl_easy_getinfo(easy, CURLINFO_PRIVATE, (char **)&transfer) != CURLE_OK || !transfer) continue;
        curl_off_t length = -1;
        memset(result, 0, sizeof *result);
        curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &result->status);
        result->verify_result = -1;
        if (has_openssl_numbers()) curl_easy_getinfo(easy, CURLINFO_SSL_VERIFYRESULT, &result->verify_result);
        curl_easy_getinfo(easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
        result->content_length = length;
        result->end = end_of(code, result->status);
        const char *text = transfer->text[0] ? transfer->text : curl_easy_strerror(code);
        strncpy(result->text, text, sizeof result->text - 1);
        return transfer;
    }
    return NULL;
}

#endif
