#!/bin/sh
# SPDX-License-Identifier: BSL-1.0
#
# Model checks of tandem's protocol.  Needs spin and a C compiler.
#
#   ./run.sh                          every case; exit 1 if one does not end as expected
#   ./run.sh MODEL [-Dflag ...]       one exhaustive search, e.g. ./run.sh fenced_tprime -DTPRIME -DLEFT
#   TRAIL=1 ./run.sh MODEL [-D...]    the shortest counterexample, step by step
#
# Environment: MEM megabytes (3500), TMO seconds for one search (200), DEPTH (100000)
dir=$(cd "$(dirname "$0")" && pwd)
tmp=$(mktemp -d) || exit 2
trap 'rm -rf "$tmp"' EXIT
trap 'exit 130' INT TERM

# search bfs|dfs MODEL flags: sets result (holds, fails or broken) and stats
search() {
  order=$1 model=$2; shift 2
  rm -rf "$tmp"/*; cp "$dir/$model.pml" "$tmp/" || exit 2
  opt="-O2"; [ "$order" = bfs ] && opt="-O0 -DBFS"
  ( cd "$tmp" && spin -a "$@" "$model.pml" >gen.log 2>&1 &&
    ${CC:-cc} $opt -w -DSAFETY -DCOLLAPSE -DMEMLIM="${MEM:-3500}" -o pan pan.c >>gen.log 2>&1 ) ||
    { cat "$tmp/gen.log"; result=broken stats="does not compile"; return; }
  ( cd "$tmp" && timeout "${TMO:-200}" ./pan -m"${DEPTH:-100000}" -w22 >out.log 2>&1 )
  out=$tmp/out.log
  states=$(awk '/states, stored/ {print $1; exit}' "$out")
  secs=$(awk '/elapsed time/ {print $4; exit}' "$out")
  mem=$(awk '/total actual memory/ {print int($1)}' "$out")
  stats="${states:-?} states, ${secs:-?} s, ${mem:-?} MB"
  if grep -q 'errors: 1' "$out" && grep -q 'assertion violated' "$out"; then result=fails
  elif grep -q 'errors: 0' "$out" &&
       ! grep -q -E 'Search not completed|search depth too small|out of memory' "$out"; then result=holds
  else result=broken; fi
}

if [ $# -gt 0 ]; then
  search "$([ -n "$TRAIL" ] && echo bfs || echo dfs)" "$@"
  echo "$* : $result, $stats"
  if [ -n "$TRAIL" ] && [ "$result" = fails ]; then
    model=$1; shift
    ( cd "$tmp" && spin -t -p -g -l "$@" "$model.pml" )
  fi
  [ "$result" != broken ]; exit
fi

cases=0 surprises=0
check() {                       # check holds|fails MODEL flags
  want=$1; shift
  if [ "$want" = holds ]; then search dfs "$@"; else search "${order_of_fails:-bfs}" "$@"; fi
  cases=$((cases + 1)); mark=ok
  if [ "$result" != "$want" ]; then mark=SURPRISE; surprises=$((surprises + 1)); fi
  printf '%-8s %-6s (expected %s)  %s  [%s]\n' "$mark" "$result" "$want" "$*" "$stats"
}
F="fenced_tprime -DTPRIME"
K=key_statements
PF="-DPURGE -DFLOOR -DPURGEP"

echo "# statements of one key: applies at the secondary, writes at the primary"
check holds $K -DMODE=0
check holds $K -DMODE=0 -DUPDFIRST
check holds $K -DMODE=0 -DSCLEAR
check holds $K -DMODE=1
for m in NOKL KLUPS KLDEL TNOCMP=1 TNOCMP=2 HOUSEBLIND; do check fails $K -DMODE=0 -DMUT_$m; done
for m in NOKL KLUPS KLDEL FLOORFIRST NOFLOOR HOUSEBLIND PURGEBYKEY; do check fails $K -DMODE=1 -DMUT_$m; done

echo "# rule T, for comparison"
check holds fenced_tprime -DOPS=2 -DFLIPS=3

echo "# rule T': writes, applies, switches"
check holds $F -DOPS=2 -DFLIPS=3
check holds $F -DOPS=3 -DFLIPS=2
check holds $F -DLEFT -DOPS=2 -DFLIPS=3
check holds $F -DLEFT -DOPS=2 -DFLIPS=2 -DSTART=3
check holds $F -DLEFT -DOPS=2 -DFLIPS=2 -DCTR
check holds $F -DLEFT -DOPS=2 -DFLIPS=2 -DSCLEAR
check holds $F -DLEFT -DOPS=2 -DFLIPS=2 -DUPD
check holds $F -DLEFT -DOPS=2 -DFLIPS=2 -DHOUSE
echo "# rule T': relay that reads again, backfill in two passes"
check holds $F -DLEFT -DOPS=2 -DFLIPS=2 -DREREAD
check holds $F -DLEFT -DOPS=1 -DFLIPS=2 -DBFN=1
check holds $F -DLEFT -DOPS=1 -DFLIPS=3 -DBFN=1 -DSTART=1
check holds $F -DLEFT -DOPS=1 -DFLIPS=3 -DBFN=1 -DSTART=1 -DBFTFIRST
check holds $F -DLEFT -DOPS=1 -DFLIPS=3 -DBFN=1 -DSTART=1 -DBFSKIP -DHOUSE
check holds $F -DLEFT -DOPS=1 -DFLIPS=3 -DBFN=1 -DSTART=4 -DREREAD
check holds $F -DOPS=2 -DFLIPS=2 -DBFN=1 -DSTART=1 -DREREAD
echo "# rule T': purge"
check holds $F -DLEFT -DOPS=2 -DFLIPS=2 -DPURGE
check holds $F -DLEFT -DOPS=2 -DFLIPS=2 $PF -DCTR -DREREAD
check holds $F -DLEFT -DOPS=1 -DFLIPS=3 $PF -DROLL -DMONO
check holds $F -DLEFT -DOPS=1 -DFLIPS=2 -DBFN=1 $PF -DREREAD
check holds $F -DLEFT -DOPS=1 -DFLIPS=3 -DBFN=1 -DSTART=1 $PF -DHOUSE
check holds $F -DLEFT -DOPS=1 -DFLIPS=3 -DBFN=1 -DSTART=1 $PF -DRESET -DREREAD -DMONO
check holds $F -DLEFT -DOPS=1 -DFLIPS=2 -DBFN=1 $PF -DRESET -DREREAD -DCTR
check holds $F -DNW=1 -DOPS=2 -DFLIPS=2 -DBFN=1 -DSTART=1 $PF -DRESET -DCTR -DMONO

echo "# one rule left out"
check fails $F -DLEFT -DOPS=1 -DFLIPS=1 -DREREAD -DMUT_TPREFER
check fails $F -DLEFT -DOPS=1 -DFLIPS=2 -DBFN=1 -DSTART=1 -DMUT_TPREFER
check fails $F -DLEFT -DOPS=1 -DFLIPS=1 -DMUT_TNOCMP=1
check fails $F -DOPS=2 -DFLIPS=1 -DMUT_TNOCMP=2
check fails $F -DOPS=2 -DFLIPS=1 -DMUT_NOKLS
check fails $F -DOPS=2 -DFLIPS=1 -DMUT_NOKLP
check fails $F -DOPS=2 -DFLIPS=1 -DMUT_VNOTOMB
check fails $F -DLEFT -DOPS=2 -DFLIPS=1 -DMUT_DELKEEP
check fails $F -DLEFT -DOPS=2 -DFLIPS=1 -DMUT_SDELKEEP
check fails $F -DLEFT -DOPS=2 -DFLIPS=1 -DHOUSE -DMUT_HOUSEBLIND
check fails $F -DOPS=2 -DFLIPS=2 -DPURGE -DCTR
check fails $F -DOPS=2 -DFLIPS=2 -DPURGE -DFLOOR -DCTR -DMUT_FLOORFIRST
check fails $F -DOPS=2 -DFLIPS=2 -DPURGE -DFLOOR -DMUT_NOSFENCE
check fails $F -DOPS=2 -DFLIPS=1 $PF -DMUT_PURGENOEP
check fails $F -DOPS=1 -DFLIPS=2 -DBFN=1 $PF -DMUT_PURGEANY
check fails $F -DOPS=1 -DFLIPS=2 -DBFN=1 $PF -DMUT_PURGEOWED
check fails $F -DOPS=1 -DFLIPS=4 -DBFN=1 -DPURGE -DFLOOR -DMUT_PURGEOWED
check fails fenced_tprime -DOPS=1 -DFLIPS=2 -DBFN=1 $PF -DMUT_PURGEOWED
check fails $F -DNW=1 -DOPS=2 -DFLIPS=2 -DBFN=1 -DSTART=1 $PF -DRESET -DCTR -DMONO -DMUT_NOHAND
check fails $F -DOPS=1 -DFLIPS=1 -DMUT_NODRAIN
check fails $F -DOPS=1 -DFLIPS=4 -DBFN=1 -DSTART=1 -DMUT_NOERA

U="pull -DNP=1"
echo "# a source without versions or fence: pull under lock"
check holds $U -DOPS=2 -DFLIPS=1
check holds $U -DOPS=2 -DFLIPS=1 -DINIT=0
check holds $U -DOPS=2 -DFLIPS=2 -DNW=1
check holds pull -DOPS=1 -DFLIPS=4 -DRESTART
check holds pull -DOPS=1 -DFLIPS=3 -DKEEP
check holds $U -DOPS=1 -DFLIPS=2 -DLOSE -DRESTART
check holds pull -DOPS=1 -DFLIPS=2 -DLOSE -DKEEP
R="$U -DNW=1 -DOPS=1 -DREG"
check holds $R -DFLIPS=1
check holds $R -DFLIPS=2 -DKEEP
check holds $R -DFLIPS=0 -DSTART=2
for m in INTENTAFTER P1NOINTENT NOWAIT INFLIGHT CHECKLATE SETTLEFIRST; do
  check fails $U -DOPS=1 -DFLIPS=1 -DMUT_$m
done
check fails pull -DOPS=1 -DFLIPS=1 -DMUT_READFIRST
check fails pull -DOPS=1 -DFLIPS=1 -DMUT_NOKEYLOCK
check fails $U -DOPS=1 -DFLIPS=3 -DMUT_DROPSTALE
check fails $U -DOPS=1 -DFLIPS=3 -DMUT_NOERA
check fails $U -DOPS=1 -DFLIPS=3 -DKEEP -DMUT_NOTARGETPASS
for m in NODIRTY LOSTEARLY MARKNOLOCK NOHOLD; do check fails $U -DOPS=1 -DFLIPS=1 -DLOSE -DMUT_$m; done
order_of_fails=dfs              # the shortest ones are deep
for m in OLDCOUNT UNREGISTERED CLOSEOWING FORGET LOSTFIRST UNFILLNOLOCK NOLEASE; do
  check fails $R -DFLIPS=1 -DSTART=2 -DMUT_$m
done

echo "$cases cases, $surprises surprises"
[ "$surprises" -eq 0 ]
