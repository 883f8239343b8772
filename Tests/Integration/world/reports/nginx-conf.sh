#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# nginx-conf.sh HOSTS STATE CERTIFICATE ADDRESS BACKEND PORT: prints the configuration of the server that takes posted
# reports. CERTIFICATE is its path without ".pem" and ".key". nginx reads a request's body only if it hands it on, so
# the same process answers at BACKEND.
set -eu
hosts=$1
state=$2
certificate=$3
address=$4
backend=$5
port=$6

[ "$(id -u)" -ne 0 ] || echo 'user root root;'
cat <<END
worker_processes 1;
pid $state/nginx.pid;
error_log $state/nginx-error.log;
events { worker_connections 256; }
http {
    client_body_temp_path $state/bodies;
    proxy_temp_path $state/nginx-proxy;
    fastcgi_temp_path $state/nginx-fastcgi;
    uwsgi_temp_path $state/nginx-uwsgi;
    scgi_temp_path $state/nginx-scgi;
    log_format posts escape=json '{"host":"\$host","tls":"\$ssl_protocol","request":"\$request","status":\$status,'
        '"content_type":"\$http_content_type","content_encoding":"\$http_content_encoding",'
        '"content_length":"\$http_content_length","transfer_encoding":"\$http_transfer_encoding",'
        '"expect":"\$http_expect","agent":"\$http_user_agent","cookie":"\$http_cookie",'
        '"authorization":"\$http_authorization","file":"\$request_body_file"}';
    access_log off;
    default_type text/plain;
    ssl_protocols TLSv1.2 TLSv1.3;
    ssl_certificate $certificate.pem;
    ssl_certificate_key $certificate.key;
    client_body_in_file_only on;
    server {
        listen $backend:$port;
        location = /200 { return 200 "taken"; }
        location = /201 { return 201 "taken"; }
        location = /204 { return 204; }
        location = /307 { return 307 https://tlsrpt.example/redirected; }
        location = /400 { return 400; }
        location = /410 { return 410; }
        location = /413 { return 200 "taken"; }
        location = /429 { add_header Retry-After 60 always; return 429; }
        location = /500 { return 500; }
        location = /503 { return 503; }
    }
END
grep -v '^#' "$hosts" | while read -r host status; do
    limit=16m
    [ "$status" != 413 ] || limit=64
    cat <<END
    server {
        listen $address:$port ssl;
        server_name $host;
        access_log $state/posts.jsonl posts;
        client_max_body_size $limit;
        # A test closes a host for a while.
        if (-f $state/closed/$host) { return 503; }
        location / {
            rewrite ^ /$status break;
            proxy_pass http://$backend:$port;
            proxy_pass_request_body off;
            proxy_set_header Content-Length "";
            proxy_method GET;
        }
    }
END
done
echo '}'
