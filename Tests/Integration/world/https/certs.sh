#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# certs.sh DIRECTORY HOSTS: makes our authority, one we do not trust, and the certificates that HOSTS names.
# Each certificate is CERTIFICATE.pem with the key CERTIFICATE.key.
set -eu
directory=$1
hosts=$2
mkdir -p "$directory"
cd "$directory"

cat > openssl.cnf <<'END'
[ca]
default_ca = ours
[ours]
database = index.txt
new_certs_dir = issued
rand_serial = yes
unique_subject = no
default_md = sha256
policy = any
copy_extensions = copy
certificate = ca.pem
private_key = ca.key
x509_extensions = leaf
[unknown]
database = index.txt
new_certs_dir = issued
rand_serial = yes
unique_subject = no
default_md = sha256
policy = any
copy_extensions = copy
certificate = unknown-root.pem
private_key = unknown-root.key
x509_extensions = leaf
[any]
commonName = optional
[leaf]
basicConstraints = critical,CA:FALSE
keyUsage = critical,digitalSignature
extendedKeyUsage = serverAuth
authorityKeyIdentifier = keyid
[authority]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign,cRLSign
subjectKeyIdentifier = hash
[req]
distinguished_name = name
[name]
END
mkdir -p issued
: > index.txt

key() { openssl ecparam -name prime256v1 -genkey -noout -out "$1"; }

authority() { # NAME COMMON-NAME
    key "$1.key"
    openssl req -x509 -new -config openssl.cnf -extensions authority -key "$1.key" -subj "/CN=$2" -days 3650 \
        -out "$1.pem"
}

# NAME SECTION COMMON-NAME ALTERNATIVE-NAMES (may be empty) START END
leaf() {
    key "$1.key"
    if [ -n "$4" ]; then
        openssl req -new -config openssl.cnf -key "$1.key" -subj "/CN=$3" -addext "subjectAltName=$4" -out "$1.csr"
    else
        openssl req -new -config openssl.cnf -key "$1.key" -subj "/CN=$3" -out "$1.csr"
    fi
    openssl ca -batch -notext -config openssl.cnf -name "$2" -startdate "$5" -enddate "$6" -in "$1.csr" -out "$1.pem" \
        2> ca.log || { cat ca.log >&2; exit 1; }
}

policy_hosts() { # CERTIFICATE: the DNS names of the hosts that use it
    awk -v want="$1" '/^#/ || NF < 5 { next } $4 == want { printf "%sDNS:mta-sts.%s.example", comma, $1; comma = "," }' \
        "$hosts"
}

past=20200101000000Z
ended=20210101000000Z
far=20990101000000Z
farther=21000101000000Z

authority ca "swift-mta-sts test authority"
authority unknown-root "an authority nobody trusts"
leaf shared ours policy-host "$(policy_hosts shared)" $past $far
leaf expired ours policy-host "$(policy_hosts expired)" $past $ended
leaf not-yet ours policy-host "$(policy_hosts not-yet)" $far $farther
leaf unknown-ca unknown policy-host "$(policy_hosts unknown-ca)" $past $far
leaf wrong-name ours mta-sts.wrong-name.example "DNS:www.wrong-name.example,DNS:wrong-name.example" $past $far
leaf common-name ours mta-sts.common-name.example "" $past $far
leaf address ours mta-sts.address-name.example "IP:127.0.8.36" $past $far
leaf receiver ours receiver "IP:127.0.8.144" $past $far
leaf wildcard ours policy-host "DNS:*.wildcard.example" $past $far
leaf part-wild ours policy-host "DNS:mta*.part-wildcard.example" $past $far
leaf high-wild ours policy-host "DNS:*.example" $past $far
key self-signed.key
openssl req -x509 -new -config openssl.cnf -key self-signed.key -subj /CN=policy-host -days 3650 \
    -addext "subjectAltName=$(policy_hosts self-signed)" -out self-signed.pem
leaf reports ours reports "DNS:tlsrpt.example,DNS:*.tlsrpt.example" $past $far
# The MX hosts of ../reports/mx-hosts.txt.
leaf mx-valid ours mx-host DNS:valid.mx.example $past $far
leaf mx-old-tls ours mx-host DNS:old-tls.mx.example $past $far
leaf mx-untrusted unknown mx-host DNS:untrusted.mx.example $past $far
leaf mx-expired ours mx-host DNS:expired.mx.example $past $ended
leaf mx-not-yet ours mx-host DNS:not-yet-valid.mx.example $far $farther
leaf mx-wrong-name ours wrong-name.mx.example DNS:www.mx.example $past $far
key mx-self-signed.key
openssl req -x509 -new -config openssl.cnf -key mx-self-signed.key -subj /CN=mx-host -days 3650 \
    -addext subjectAltName=DNS:self-signed.mx.example -out mx-self-signed.pem
