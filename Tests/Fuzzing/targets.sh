# shellcheck shell=sh
# SPDX-License-Identifier: Apache-2.0
#
# Sourced by run, plants and coverage: the targets, how they are built, and what each begins with.

# shellcheck disable=SC2034 # used by what sources this
targets="Record RecordSet RecordDiagnosis Policy PolicyDiagnosis Pattern DomainName Certificate DNSAnswer StoreEntry
    ReportingRecord Report ReportMail Compression ReportFile SessionTally
    DifferentialRecord DifferentialPolicy DifferentialReportingRecord"

flags="--configuration release -Xswiftc -sanitize=fuzzer,address -Xswiftc -use-ld=lld"

# describe TARGET: sets kinds, the kinds of vectors that are inputs of the target, with a dot the endings of files of
# Tests/Vectors/mail; words, the target's dictionary; and length, the most octets of an input.
describe() {
    # More octets take more time than they show: most of what is to be parsed has fewer than 100. Where an input has many
    # lines they do show more.
    length=160 words=$1
    case "$1" in
    Record | DifferentialRecord) kinds=record words=Record ;;
    RecordSet) kinds=record-set ;;
    RecordDiagnosis) kinds=record,record-set,record-diagnosis words=RecordSet ;;
    Policy | DifferentialPolicy) kinds=policy words=Policy length=512 ;;
    PolicyDiagnosis) kinds=policy,policy-diagnosis words=Policy length=256 ;;
    Pattern) kinds=pattern,match length=1024 ;;
    DomainName) kinds=domain-name length=1024 ;;
    ReportingRecord | DifferentialReportingRecord) kinds=tlsrpt-record words=ReportingRecord ;;
    Report) kinds=tlsrpt-report length=4096 ;;
    ReportMail) kinds=.eml,.mbox length=1024 ;;
    Compression) kinds=.gz,.zip,.json length=512 ;;
    ReportFile) kinds=.eml,.mbox,.gz,.zip,.json words=ReportMail length=1024 ;;
    Certificate) kinds= length=1024 ;;
    SessionTally) kinds= length=640 ;;
    DNSAnswer | StoreEntry) kinds= length=1024 ;;
    *)
        echo "fuzzing: no target $1" >&2
        exit 2
        ;;
    esac
}

# seeds PROGRAMS TARGET FOLDER: writes the inputs that the target begins with into the folder.
seeds() {
    describe "$2"
    mkdir -p "$3"
    [ -z "$kinds" ] || "$1/FuzzSeeds" ../Vectors "$kinds" "$3"
    [ ! -d "Seeds/$2" ] || cp "Seeds/$2/"* "$3"
}

# fuzz PROGRAMS TARGET WORK CORPUS OPTION...: runs the target from its seeds and the corpus; the moment it began, its log
# and what it found are in the folder WORK.
fuzz() {
    rm -rf "$3"
    mkdir -p "$3" "$4"
    seeds "$1" "$2" "$3/seeds" || exit
    date +%s >"$3/start"
    (
        program="$1/Fuzz$2" work="$3" corpus="$4"
        shift 4
        # A third of the time went into the call stacks of allocations and into memory that waits to be used again; what is
        # found is run again by hand with the defaults.
        export ASAN_OPTIONS="${ASAN_OPTIONS:-malloc_context_size=0:quarantine_size_mb=1:thread_local_quarantine_size_kb=64}"
        # A trap is libFuzzer's to report: Swift's own report breaks off under the address sanitizer.
        export SWIFT_BACKTRACE=enable=no
        "$program" "$@" -max_len="$length" -timeout=20 -dict="Dictionaries/$words" -artifact_prefix="$work/" \
            -print_funcs=0 -print_final_stats=1 "$corpus" "$work/seeds"
    ) >"$3/log" 2>&1
}

# found WORK: the files that libFuzzer left for what it found, none if it was merely stopped.
found() {
    find "$1" -maxdepth 1 \( -name 'crash-*' -o -name 'oom-*' -o -name 'timeout-*' -o -name 'leak-*' \)
}

# statistic WORK NAME: a number that libFuzzer printed at its end.
statistic() { sed -n "s/^stat::$2: *//p" "$1/log"; }

# last WORK: the last line of the log that is no statistic.
last() { grep -v '^stat::' "$1/log" | tail -n 1; }
