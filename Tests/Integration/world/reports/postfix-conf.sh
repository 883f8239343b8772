#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# postfix-conf.sh STATE CERTIFICATES USER PORT PLAIN MX HOSTS: writes the configuration of the mail server that takes
# mailed reports, and is the MX hosts of the table HOSTS, into STATE/postfix. CERTIFICATES is the folder of ../https/certs.sh;
# USER is the number of who owns the mailbox; for reports PORT offers STARTTLS, PLAIN does not; MX is the port of MX hosts.
set -eu
state=$1
certificates=$2
user=$3
port=$4
plain=$5
mx=$6
hosts=$7
certificate=$certificates/reports
conf=$state/postfix

cat > "$conf/main.cf" <<END
compatibility_level = 3.6
queue_directory = $state/queue
data_directory = $state/postfix-data
maillog_file = $state/mail.log
maillog_file_prefixes = $state
myhostname = mx.tlsrpt.example
mydomain = tlsrpt.example
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks =
mydestination =
alias_maps =
alias_database =
local_recipient_maps =
smtpd_peername_lookup = no
biff = no
notify_classes =

# One mailbox for all, a file a message, with the recipient in X-Original-To; no mail ever leaves.
virtual_mailbox_domains = tlsrpt.example, regexp:$conf/domains
virtual_mailbox_base = $state/mail
virtual_mailbox_maps = static:inbox/
virtual_uid_maps = static:$user
virtual_gid_maps = static:$user
virtual_minimum_uid = 1
default_transport = error:no mail leaves this host
relay_transport = error:no mail leaves this host

smtpd_tls_security_level = may
smtpd_tls_cert_file = $certificate.pem
smtpd_tls_key_file = $certificate.key
smtpd_tls_loglevel = 1
smtpd_tls_received_header = yes

smtpd_relay_restrictions = reject_unauth_destination
smtpd_recipient_restrictions = check_recipient_access regexp:$conf/recipients
smtpd_end_of_data_restrictions = check_recipient_access regexp:$conf/recipients-after-data
message_size_limit = 1048576
END
echo '/(\.mta|^recheck\.answer)\.example$/ here' > "$conf/domains"
cat > "$conf/recipients" <<'END'
/^refused@/ 550 5.1.1 No such recipient
/^deferred@/ 451 4.3.0 Come back later
END
cat > "$conf/recipients-after-data" <<'END'
/^refused-after-data@/ 554 5.7.1 Not what we want
/^deferred-after-data@/ 451 4.3.0 Come back later
END
cat > "$conf/master.cf" <<END
127.0.0.1:$port inet n - n - - smtpd
127.0.0.1:$plain inet n - n - - smtpd -o smtpd_tls_security_level=none
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
proxymap unix - - n - - proxymap
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
showq unix n - n - - showq
postlog unix-dgram n - n - 1 postlogd
END
grep -v '^#' "$hosts" | while read -r name address certificate behaviour; do
    with_certificate="-o smtpd_tls_cert_file=$certificates/$certificate.pem"
    with_certificate="$with_certificate -o smtpd_tls_key_file=$certificates/$certificate.key"
    case $behaviour in
    tls) options=$with_certificate ;;
    old-tls)
        # The library behind it refuses these versions unless it is told otherwise.
        options="$with_certificate -o smtpd_tls_protocols=<=TLSv1.1 -o tls_medium_cipherlist=ALL:@SECLEVEL=0"
        ;;
    no-starttls) options="-o smtpd_tls_security_level=none" ;;
    454) options="-o smtpd_tls_cert_file=$conf/none -o smtpd_tls_key_file=$conf/none" ;;
    *)
        echo "$hosts: no behaviour $behaviour" >&2
        exit 1
        ;;
    esac
    printf '%s:%s inet n - n - - smtpd\n    -o syslog_name=postfix/%s -o myhostname=%s.mx.example %s\n' \
        "$address" "$mx" "$name" "$name" "$options"
done >> "$conf/master.cf"
