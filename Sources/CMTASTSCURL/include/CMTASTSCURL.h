// SPDX-License-Identifier: Apache-2.0
//
// The part of libcurl that MTASTSCURL needs, without its variable argument lists and without its header, which is
// needed only to compile CMTASTSCURL.c. Functions on a
// multi handle or a transfer belong on the one thread that runs it, but for mtasts_curl_multi_wakeup.

#ifndef CMTASTSCURL_H
#define CMTASTSCURL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// What a transfer reports while it runs; the context is the request's. One that returns false ends the transfer.
struct mtasts_curl_callbacks {
    /// A line of a header section.
    bool (*_Nonnull header)(void *_Nonnull context, const char *_Nonnull octets, size_t count);
    /// A part of the body.
    bool (*_Nonnull body)(void *_Nonnull context, const char *_Nonnull octets, size_t count);
    /// The server's certificate, in PEM, after the handshake and before the request; null if there is none.
    bool (*_Nonnull certificate)(void *_Nonnull context, const char *_Nullable pem);
    /// A socket is about to be connected to an address of 4 or 16 octets.
    bool (*_Nonnull opened)(void *_Nonnull context, int socket, const uint8_t *_Nonnull address, size_t count);
};

/// What all transfers of a multi handle share. It must outlive the multi handle, since libcurl may close the socket
/// of a transfer after the transfer's end.
struct mtasts_curl_loop {
    void *_Nonnull context;
    /// A socket that `opened` has admitted is about to be closed.
    void (*_Nonnull closed)(void *_Nonnull context, int socket);
};

struct mtasts_curl_request {
    const char *_Nonnull url;
    const char *_Nonnull user_agent;
    /// Further header fields, "Name: value", each ended by a line feed; a name and a colon alone leave out a field that
    /// libcurl would send.
    const char *_Nonnull fields;
    /// The body of a POST; null for a GET. It is copied.
    const char *_Nullable body;
    size_t body_count;
    /// Whether chain, dates and names of the server's certificate are checked.
    bool verifies_certificate;
    /// In the forms of CURLOPT_RESOLVE and CURLOPT_CONNECT_TO; null for none.
    const char *_Nullable resolve;
    const char *_Nullable connect_to;
    /// Trust roots in PEM; null for the system's.
    const char *_Nullable trust_roots;
    size_t trust_roots_count;
    /// How old the system's trust roots may be that libcurl has read before.
    long trust_roots_seconds;
    long timeout_milliseconds;
    long connect_timeout_milliseconds;
    /// A longer Content-Length ends the transfer; 0 for no limit.
    int64_t body_limit;
    struct mtasts_curl_loop *_Nonnull loop;
    void *_Nonnull context;
    struct mtasts_curl_callbacks callbacks;
};

/// How a transfer has ended.
enum mtasts_curl_end {
    mtasts_curl_complete,
    mtasts_curl_certificate_refused,
    mtasts_curl_too_large,
    mtasts_curl_timed_out,
    /// After the answer's header had begun.
    mtasts_curl_cut,
    mtasts_curl_failed
};

struct mtasts_curl_result {
    enum mtasts_curl_end end;
    long status;
    /// OpenSSL's X509_V_ERR_ number; -1 if libcurl was built with a TLS library that has none.
    long verify_result;
    /// The value of Content-Length, -1 if there is none.
    int64_t content_length;
    /// libcurl's text for the failure.
    char text[256];
};

struct mtasts_curl_transfer;

/// Initialises libcurl; false if that fails.
bool mtasts_curl_global_init(void);

/// Reads a file of at most 16 MiB; null if that fails.
char *_Nullable mtasts_curl_read_file(const char *_Nonnull path, size_t *_Nonnull count);

/// Frees what mtasts_curl_read_file has returned.
void mtasts_curl_free(char *_Nonnull octets);

/// Runs a function on a new thread; false if there can be none.
bool mtasts_curl_start_thread(void (*_Nonnull run)(void *_Nonnull), void *_Nonnull context);

void *_Nullable mtasts_curl_multi_new(void);
void mtasts_curl_multi_free(void *_Nonnull multi);

/// Ends mtasts_curl_multi_wait, or the next one; may be called on any thread.
void mtasts_curl_multi_wakeup(void *_Nonnull multi);

/// Moves all transfers on. False if libcurl fails.
bool mtasts_curl_multi_perform(void *_Nonnull multi);

/// Waits for the network, a timer of libcurl, a wake-up, or the time limit. False if libcurl fails.
bool mtasts_curl_multi_wait(void *_Nonnull multi, int milliseconds);

/// The next transfer that has ended, and how; null if there is none.
struct mtasts_curl_transfer *_Nullable mtasts_curl_multi_next_ended(
    void *_Nonnull multi, struct mtasts_curl_result *_Nonnull result);

/// Starts a transfer; null if libcurl refuses a setting that safety needs, or memory is short.
struct mtasts_curl_transfer *_Nullable mtasts_curl_transfer_start(
    void *_Nonnull multi, const struct mtasts_curl_request *_Nonnull request);

/// Takes a transfer off its multi handle, closes its connection and frees it. Its context is not used any more.
void mtasts_curl_transfer_free(void *_Nonnull multi, struct mtasts_curl_transfer *_Nonnull transfer);

#endif
