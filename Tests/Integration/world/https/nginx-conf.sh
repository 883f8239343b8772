#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# nginx-conf.sh HOSTS STATE PORT: writes the files that nginx serves under STATE/www and prints its configuration.
set -eu
hosts=$1
state=$2
port=$3
www=$state/www

policy() { # MODE
    printf 'version: STSv1\r\nmode: %s\r\nmx: mail.example.com\r\nmx: *.mx.example.com\r\nmax_age: 604800\r\n' "$1"
}
sized() { # OCTETS: a policy with a filler field to that length
    { policy enforce; printf 'filler: '; yes x | tr -d '\n' | head -c "$1"; } | head -c "$1"
}
for mode in enforce testing; do
    policy $mode > "$www/policy-$mode"
    policy $mode | sed '/mail.example.com/d; s/mx.example.com/mx.example/' > "$www/mx-$mode"
done
policy enforce | sed 's/604800/86400/' > "$www/policy-day"
printf 'version: STSv1\r\nmode: none\r\nmax_age: 86400\r\n' > "$www/policy-none"
cp "$www/policy-none" "$www/mx-none"
printf '<!DOCTYPE html><title>Hello</title><p>No policy here.\n' > "$www/text-html"
cp "$www/policy-enforce" "$www/no-type"
sized 65536 > "$www/size-65536"
sized 65537 > "$www/size-65537"

[ "$(id -u)" -ne 0 ] || echo 'user root root;'
cat <<END
worker_processes 1;
pid $state/nginx.pid;
error_log $state/logs/nginx-error.log;
events { worker_connections 1024; }
http {
    client_body_temp_path $state/nginx-body;
    proxy_temp_path $state/nginx-proxy;
    fastcgi_temp_path $state/nginx-fastcgi;
    uwsgi_temp_path $state/nginx-uwsgi;
    scgi_temp_path $state/nginx-scgi;
    log_format events escape=json '{"host":"\$host","sni":"\$ssl_server_name","tls":"\$ssl_protocol",'
        '"request":"\$request","status":\$status,"host_field":"\$http_host","agent":"\$http_user_agent",'
        '"accept":"\$http_accept","accept_encoding":"\$http_accept_encoding",'
        '"cache_control":"\$http_cache_control","cookie":"\$http_cookie","modified":"\$http_if_modified_since",'
        '"etag":"\$http_if_none_match","connection":"\$http_connection"}';
    access_log $state/logs/nginx.jsonl events;
    types { }
    default_type text/plain;
    ssl_protocols TLSv1.2 TLSv1.3;
    ssl_session_tickets off;
END
grep -v '^#' "$hosts" | while read -r name address server certificate behaviour; do
    [ "$server" = nginx ] || continue
    case $behaviour in
    status-301) answer="return 301 https://mta-sts.enforce.example/.well-known/mta-sts.txt;" ;;
    status-*) answer="return ${behaviour#status-};" ;;
    text-html) answer="default_type text/html; alias $www/text-html;" ;;
    no-type) answer="default_type ''; alias $www/no-type;" ;;
    *) answer="alias $www/$behaviour;" ;;
    esac
    # The first one answers at localhost, too.
    extra=
    [ "$name" != enforce ] || extra="listen 127.0.0.1:$port ssl;"
    cat <<END
    server {
        listen ${address##*,}:$port ssl;
        $extra
        server_name mta-sts.$name.example;
        ssl_certificate $state/certs/$certificate.pem;
        ssl_certificate_key $state/certs/$certificate.key;
        location = /.well-known/mta-sts.txt { $answer }
        location / { return 404; }
    }
END
done
echo '}'
