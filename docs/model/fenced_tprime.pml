// SPDX-License-Identifier: BSL-1.0
/* fenced_tprime.pml - the fenced protocol with tombstones beside live rows.
 *
 * One key, two sides, two fences.  Writers, a relay, a backfill, a purge, a
 * housekeeper and two controllers run at once.  What is searched: every
 * interleaving of their transactions within the bounds NW, OPS and FLIPS.
 *
 * A committed write has a number g: 1, 2, 3, .. in the order in which the
 * primaries committed the writes of this key.  row[d] and tomb[d] hold the
 * number of the write that the live row and the tombstone of side d came
 * from, 0 = none.  Version, epoch and "is a delete" of write g are V_ver[g],
 * V_ep[g] and DEL(g).
 *
 * Rule T  (without -DTPRIME): a side has a live row or a tombstone, never both;
 *         whoever writes the row removes the tombstone in the same transaction.
 * Rule T' (with -DTPRIME): a write of a live row leaves the key's older tombstone
 *         where it is.  If both exist, the row has the greater version and is
 *         the state of the key.  Housekeeping or purge removes the tombstone.
 *
 * Steps.  A transaction that holds its locks to the end is one atomic step,
 * with two exceptions: the shared fence lock is held over several steps, so
 * that a switch has to wait for it; and a transaction reads the tombstone and
 * the floor in one step and changes the key in a later one, so that the key
 * lock has something to do.  Statement by statement: key_statements.pml.
 *
 * Bounds
 *   NW      writers (2)              OPS    writes in total
 *   FLIPS   changes of a fence       START  phase at the start, 1 to 4
 *   BFN     backfill runs on a pair that is synced already (repair), 0 = no backfill
 *   LEFT    the key was deleted and re-inserted before the start (a tombstone
 *           beside the row); the secondary has the row, with or without it
 * Options
 *   TPRIME  rule T' at the primary and in applies
 *   SCLEAR  with TPRIME: an apply of a row removes the tombstone at the secondary
 *   UPD     writers also update existing rows, without the key lock
 *   REREAD  an intent has no image; the relay reads row and tombstone again and
 *           sends the newer of the two, or "deleted at the intent's version" if
 *           there is neither
 *   PURGE   tombstones are purged    FLOOR  a purge raises the side's floor
 *   PURGEP  the primary may purge tombstones of its present epoch
 *   HOUSE   a tombstone beside a live row is removed at any time at any side:
 *           no epoch, no floor, no lock
 *   RESET   entering an era empties the secondary
 *   ROLL    epoch roll without a change of phase
 *   BFTFIRST  the backfill sends tombstones before rows
 *   BFSKIP  the tombstone pass leaves out keys with a live row
 *   CTR     version = old + 1;  default: max(old + 1, epoch * 8)
 *   MONO    check that versions of the key rise over all writes
 * Mutations, each of which must fail: MUT_* below.
 */
#ifndef NW
#define NW 2
#endif
#ifndef OPS
#define OPS 2
#endif
#ifndef FLIPS
#define FLIPS 2
#endif
#ifndef START
#define START 2
#endif
#ifndef BFN
#define BFN 0
#endif
#define NG (OPS + 3)

#define OLD 0
#define NEW 1
#define S 0                 /* secondary                                      */
#define P 1                 /* primary                                        */
#define D 2                 /* draining: serves reads, refuses writes         */
#define H 3                 /* handed over: the other side is P at this epoch */

byte fep[2], frole[2], fph[2], fera[2];   /* fence: epoch, role, phase, era  */
bit  fsync[2];              /* the backfill of this era is complete           */
byte floor[2];              /* highest version purged at this side            */
byte nsh[2];                /* holders of the shared fence lock               */
bit  kl[2];                 /* key lock                                       */
byte row[2], tomb[2];
byte ob[2];                 /* outbox: bit g = intent of write g              */

byte V_ver[NG], V_ep[NG], V_del;
byte last = 1;              /* newest committed write                         */
byte purged[2];             /* check only: newest tombstone purged here       */
byte ops = OPS, flips = FLIPS, bfn = BFN, busy = 0;

#define BIT(g)   (1 << (g))
#define DEL(g)   ((V_del >> (g)) & 1)
#define OWED(d,g) ((ob[d] & BIT(g)) != 0)
#define DUAL(ph) ((ph) == 2 || (ph) == 3)

#ifdef MUT_NOSFENCE         /* applies do not compare epochs */
#define CLOSED(s,ep) 0
#else
#define CLOSED(s,ep) (fep[s] > (ep))
#endif

#ifdef MUT_NOKLS            /* no key lock in applies */
#define KLS(s) true
#define KLS_SET(s,x)
#else
#define KLS(s) (kl[s] == 0)
#define KLS_SET(s,x) kl[s] = x
#endif

#ifdef TPRIME
#define CLEAR_P(d)
#ifdef SCLEAR
#define CLEAR_S(d) tomb[d] = 0
#else
#define CLEAR_S(d)
#endif
#else
#define CLEAR_P(d) tomb[d] = 0
#define CLEAR_S(d) tomb[d] = 0
#endif

/* Does the tombstone t refuse a row of version V_ver[g]? */
#if !defined(MUT_TNOCMP)
#define REFUSES(t,g) ((t) != 0 && V_ver[t] >= V_ver[g])
#elif MUT_TNOCMP == 1       /* any tombstone refuses */
#define REFUSES(t,g) ((t) != 0)
#else                       /* the tombstone is not looked at */
#define REFUSES(t,g) 0
#endif

/* Apply of write w at side `to`, as a row or as a delete (isdel), with the epoch
 * me of its message.  intent = the intent it serves, 0 for a backfill.
 * First step: shared fence lock, epoch check, key lock, tombstone read.
 * Second step: compare, change, commit. */
inline apply(from, to, w, isdel, me, intent, done, seen) {
  atomic { KLS(to) ->
    if
    :: CLOSED(to, me) -> done = 0;   /* then the intent is no longer owed */
       assert(intent == 0 || !OWED(from, intent) || V_ep[intent] != me)
    :: else -> done = 1; nsh[to]++; KLS_SET(to, 1); seen = tomb[to]
    fi };
  if
  :: done == 0
  :: d_step { done == 1 ->
       if
       :: !isdel && !REFUSES(seen, w) && (row[to] == 0 || V_ver[row[to]] < V_ver[w]) ->
          assert(w > row[to] && w > tomb[to]);       /* versions order the writes   */
          assert(w > purged[to]);                    /* nothing comes back to life  */
          row[to] = w; CLEAR_S(to)
       :: isdel ->
          if :: row[to] != 0 && V_ver[row[to]] < V_ver[w] -> assert(w > row[to]); row[to] = 0
             :: else fi;
          /* the tombstone, unless a live row exists; it only rises */
          if
#ifdef MUT_SDELKEEP                                  /* an older tombstone stays as it is */
          :: row[to] == 0 && tomb[to] == 0 -> tomb[to] = w
#else
          :: row[to] == 0 && (tomb[to] == 0 || V_ver[tomb[to]] < V_ver[w]) -> tomb[to] = w
#endif
          :: else fi
       :: else
       fi;
       nsh[to]--; KLS_SET(to, 0); seen = 0 }
  fi
}

#define DONE busy--; p = 0; e = 0; g = 0; t = 0; f = 0; dual = 0; k = 0; ok = 0

/* A writer has no belief about the phase: it may try either side at any time,
 * and the fence decides.  k: 0 upsert, 1 delete, 2 update of an existing row.
 * A delete of an absent key stands for the repair that writes a tombstone. */
#ifdef UPD
#define ENTERS(d) (frole[d] == P)
#else
#define ENTERS(d) (frole[d] == P && kl[d] == 0)
#endif
proctype Writer() {
  byte p, e, g, t, f; bit dual, ok; byte k;
end: do
  :: atomic { ops > 0 && (ENTERS(OLD) || ENTERS(NEW)) ->
       ops--; busy++;
       if :: ENTERS(OLD) -> p = OLD :: ENTERS(NEW) -> p = NEW fi;
       if :: kl[p] == 0 -> k = 0 :: kl[p] == 0 -> k = 1
#ifdef UPD
          :: k = 2
#endif
       fi;
       nsh[p]++;
#ifndef MUT_NOKLP
       if :: k != 2 -> kl[p] = 1 :: else fi;
#endif
#ifdef MUT_FLOORFIRST
       f = floor[p] }
     atomic { true ->
#endif
       /* one snapshot after the locks: fence, tombstone, floor */
       e = fep[p]; dual = DUAL(fph[p]);
       if :: k != 2 -> t = tomb[p] :: else fi;
#if defined(FLOOR) && !defined(MUT_FLOORFIRST)
       if :: k != 2 -> f = floor[p] :: else fi
#endif
     }
     if
     :: d_step { (k != 2 || row[p] != 0) ->         /* the write, the intent, commit */
          assert(row[p] == last || (row[p] == 0 && DEL(last)));
          g = last + 1;
          if :: row[p] != 0 -> V_ver[g] = V_ver[row[p]] + 1
             :: else ->
#ifdef MUT_VNOTOMB                                  /* the tombstone does not count */
                V_ver[g] = 1;
#else
                V_ver[g] = V_ver[t] + 1;
#endif
                if :: V_ver[g] <= f -> V_ver[g] = f + 1 :: else fi
          fi;
#ifndef CTR
          if :: V_ver[g] < e * 8 -> V_ver[g] = e * 8 :: else fi;
#endif
#ifdef MONO
          assert(V_ver[g] > V_ver[last]);
#endif
          V_ep[g] = e;
          if
          :: k == 1 -> V_del = V_del | BIT(g); row[p] = 0;
#ifdef MUT_DELKEEP                                  /* an older tombstone stays as it is */
             if :: tomb[p] == 0 -> tomb[p] = g :: else fi
#else
             tomb[p] = g
#endif
          :: else -> row[p] = g; CLEAR_P(p)
          fi;
          last = g;
          if :: dual -> ob[p] = ob[p] | BIT(g) :: else fi;
          nsh[p]--; if :: k != 2 -> kl[p] = 0 :: else fi;
          if :: dual :: else -> DONE fi }
     :: d_step {                                    /* rolled back, or 0 rows to update */
          nsh[p]--; if :: k != 2 -> kl[p] = 0 :: else fi;
          DONE }
        goto end
     fi;
     if
     :: !dual
     :: d_step { dual -> DONE }                     /* dies before the direct apply */
     :: dual ->
        apply(p, 1 - p, g, DEL(g), e, g, ok, t);
        if
        :: d_step { DONE }                          /* dies before it removes the intent */
        :: d_step { ok -> ob[p] = ob[p] & ~BIT(g); DONE }
        fi
     fi
  od
}

#define PICK(d) if :: OWED(d,2) -> i = 2 :: OWED(d,3) -> i = 3 :: OWED(d,4) -> i = 4 \
                   :: OWED(d,5) -> i = 5 :: OWED(d,6) -> i = 6 fi

/* The state of a side is the newer of the pair; dl says which one it was. */
#ifdef MUT_TPREFER                                  /* a tombstone always wins */
#define NEWER(d) if :: tomb[d] != 0 -> g = tomb[d]; dl = 1 :: else -> g = row[d]; dl = 0 fi
#else
#define NEWER(d) if :: row[d] != 0 && (tomb[d] == 0 || V_ver[row[d]] > V_ver[tomb[d]]) -> g = row[d]; dl = 0 \
                    :: else -> g = tomb[d]; dl = 1 fi
#endif

/* at least once, in any order; may stop between the apply and the removal */
proctype Relay() {
  byte p, i, g, t; bit dl, ok;
end: do
  :: atomic { ob[OLD] != 0 || ob[NEW] != 0 ->
       if :: ob[OLD] != 0 -> p = OLD; PICK(OLD) :: ob[NEW] != 0 -> p = NEW; PICK(NEW) fi }
#ifdef REREAD
     d_step { NEWER(p); if :: g == 0 -> g = i; dl = 1 :: else fi }
#else
     d_step { g = i; dl = DEL(i) }
#endif
     apply(p, 1 - p, g, dl, V_ep[i], i, ok, t);
     if
     :: d_step { ok -> ob[p] = ob[p] & ~BIT(i); p = 0; i = 0; g = 0; dl = 0; ok = 0 }
     :: d_step { p = 0; i = 0; g = 0; dl = 0; ok = 0 }
     fi
  od
}

/* Two passes, each with its own snapshot of fence and data; an era that ended
 * in between ends the run.  A tombstone older than the live row may be sent. */
#ifdef MUT_TPREFER                                  /* rows with a tombstone are left out */
#define READ_ROWS  g = row[p]; dl = 0; if :: tomb[p] != 0 -> g = 0 :: else fi
#else
#define READ_ROWS  g = row[p]; dl = 0
#endif
#ifdef BFSKIP
#define READ_TOMBS g = tomb[p]; dl = 1; if :: row[p] != 0 -> g = 0 :: else fi
#else
#define READ_TOMBS g = tomb[p]; dl = 1
#endif
#ifdef BFTFIRST
#define PASS1 READ_TOMBS
#define PASS2 READ_ROWS
#else
#define PASS1 READ_ROWS
#define PASS2 READ_TOMBS
#endif
proctype Backfill() {
  byte p, e, g, era, t; bit dl, ok;
end: do
  :: atomic { bfn > 0 && ((frole[OLD] == P && fph[OLD] == 2) || (frole[NEW] == P && fph[NEW] == 3)) ->
       if :: frole[OLD] == P && fph[OLD] == 2 -> p = OLD
          :: frole[NEW] == P && fph[NEW] == 3 -> p = NEW fi;
       e = fep[p]; era = fera[p]; PASS1;
       if :: fsync[p] -> bfn-- :: else fi }
     if :: g != 0 -> apply(p, 1 - p, g, dl, e, 0, ok, t) :: g == 0 -> ok = 1 fi;
     d_step {
       if :: ok && frole[p] == P && fera[p] == era -> e = fep[p]; PASS2
          :: else -> ok = 0; g = 0 fi }
     if :: g != 0 -> apply(p, 1 - p, g, dl, e, 0, ok, t) :: g == 0 fi;
     d_step {
       if
#ifdef MUT_NOERA                                    /* "complete" is not tied to the era */
       :: ok && frole[p] == P && DUAL(fph[p]) -> fsync[p] = 1
#else
       :: ok && frole[p] == P && DUAL(fph[p]) && fera[p] == era -> fsync[p] = 1
#endif
       :: else fi;
       p = 0; e = 0; g = 0; era = 0; dl = 0; ok = 0 }
  od
}

#ifdef PURGE
/* At P and D: synced and nothing owed for the key, or eras that begin with a
 * reset.  At S and H: the tombstone is older than the fence's epoch. */
#ifdef RESET
#define SAFE_P(x) 1
#elif defined(MUT_PURGEANY)                         /* the backfill may still need it */
#define SAFE_P(x) (ob[x] == 0)
#elif defined(MUT_PURGEOWED)                        /* the secondary may still need it */
#define SAFE_P(x) (fsync[x])
#else
#define SAFE_P(x) (fsync[x] && ob[x] == 0)
#endif
#ifdef PURGEP
#define OLD_P(x) 1
#else
#define OLD_P(x) (V_ep[tomb[x]] < fep[x])
#endif
#ifdef MUT_PURGENOEP                                /* messages of the epoch may still come */
#define OLD_S(x) 1
#else
#define OLD_S(x) (V_ep[tomb[x]] < fep[x])
#endif
#define MAYPURGE(x) (tomb[x] != 0 && \
   ((frole[x] == P || frole[x] == D) -> (SAFE_P(x) && OLD_P(x)) : OLD_S(x)))
#ifdef FLOOR
#define RAISE(x,v) if :: floor[x] < (v) -> floor[x] = (v) :: else fi
#else
#define RAISE(x,v)
#endif
#define DOPURGE(x) n--; if :: purged[x] < tomb[x] -> purged[x] = tomb[x] :: else fi; \
   RAISE(x, V_ver[tomb[x]]); tomb[x] = 0
proctype Purge() {
  byte n = 2;
end: do
  :: d_step { n > 0 && MAYPURGE(OLD) -> DOPURGE(OLD) }
  :: d_step { n > 0 && MAYPURGE(NEW) -> DOPURGE(NEW) }
  od
}
#else
#define RAISE(x,v)
#endif

#ifdef HOUSE
#define BESIDE(x) (row[x] != 0 && tomb[x] != 0)
proctype House() {
  byte n = 2, x;
end: do
#ifdef MUT_HOUSEBLIND                               /* looks, then deletes by key */
  :: atomic { n > 0 && (BESIDE(OLD) || BESIDE(NEW)) -> n--;
       if :: BESIDE(OLD) -> x = OLD :: BESIDE(NEW) -> x = NEW fi }
     d_step { tomb[x] = 0; x = 0 }
#else
  :: d_step { n > 0 && BESIDE(OLD) -> n--; tomb[OLD] = 0 }
  :: d_step { n > 0 && BESIDE(NEW) -> n--; tomb[NEW] = 0 }
#endif
  od
}
#endif

#ifdef MUT_NOHAND                                   /* the floor stays behind */
#define HAND(x,v)
#else
#define HAND(x,v) RAISE(x,v)
#endif
/* The exclusive fence lock waits for the holders of the shared one. */
#define EXCL(x)  (nsh[x] == 0)
#define CANH1(x) (flips > 0 && EXCL(x) && frole[x] == P && DUAL(fph[x]) && fsync[x])
#ifdef MUT_NODRAIN
#define CANH3(x) (EXCL(x) && frole[x] == D)
#else
#define CANH3(x) (EXCL(x) && frole[x] == D && ob[x] == 0)
#endif
#define CANHA(x) (flips > 0 && EXCL(x) && frole[x] == D)
#define CANZ(x)  (flips > 0 && EXCL(x) && frole[x] == P && DUAL(fph[x]))
#define OLDINTENT(x,e,g) (OWED(x,g) && V_ep[g] <= (e))
#if defined(LEFT) && OPS > 2
#define NOOLD(x,e) (!OLDINTENT(x,e,2) && !OLDINTENT(x,e,3) && !OLDINTENT(x,e,4) && !OLDINTENT(x,e,5))
#elif defined(LEFT) || OPS > 2
#define NOOLD(x,e) (!OLDINTENT(x,e,2) && !OLDINTENT(x,e,3) && !OLDINTENT(x,e,4))
#else
#define NOOLD(x,e) (!OLDINTENT(x,e,2) && !OLDINTENT(x,e,3))
#endif

/* Each step compares and sets one fence under its exclusive lock.  Where a step
 * at one side rests on what was read at the other, the two are separate. */
proctype Ctl() {
  byte x, e, ph;
end: do
  /* H1 begin a handover from x;  H3 drained: decide */
  :: d_step { CANH1(OLD) -> frole[OLD] = D; fep[OLD]++; flips-- }
  :: d_step { CANH1(NEW) -> frole[NEW] = D; fep[NEW]++; flips-- }
  :: d_step { CANH3(OLD) -> frole[OLD] = H; fph[OLD] = 5 - fph[OLD] }
  :: d_step { CANH3(NEW) -> frole[NEW] = H; fph[NEW] = 5 - fph[NEW] }
  /* H4 enable the other side */
  :: atomic { (frole[OLD] == H && fep[NEW] < fep[OLD]) || (frole[NEW] == H && fep[OLD] < fep[NEW]) ->
       if :: frole[OLD] == H && fep[NEW] < fep[OLD] -> x = OLD
          :: frole[NEW] == H && fep[OLD] < fep[NEW] -> x = NEW fi;
       e = fep[x]; ph = fph[x] }
     d_step { EXCL(1 - x) ->
       if :: fep[1-x] < e -> fep[1-x] = e; frole[1-x] = P; fph[1-x] = ph; fsync[1-x] = 1; fera[1-x] = e;
             HAND(1-x, floor[x])
          :: else fi;
       x = 0; e = 0; ph = 0 }
  /* HA call off a handover that is not decided */
  :: d_step { CANHA(OLD) -> frole[OLD] = P; fep[OLD]++; flips-- }
  :: d_step { CANHA(NEW) -> frole[NEW] = P; fep[NEW]++; flips-- }
  /* A1, A2 enter an era: the secondary's fence, then the primary's */
  :: atomic { flips > 0 && ((frole[OLD] == P && fph[OLD] == 1) || (frole[NEW] == P && fph[NEW] == 4)) ->
       if :: frole[OLD] == P && fph[OLD] == 1 -> x = OLD
          :: frole[NEW] == P && fph[NEW] == 4 -> x = NEW fi;
       e = fep[x] }
     d_step { EXCL(1 - x) ->
       if :: fep[1-x] < e + 1 -> fep[1-x] = e + 1; frole[1-x] = S;
#ifdef RESET
             if :: tomb[1-x] != 0 -> HAND(1-x, V_ver[tomb[1-x]]) :: else fi;
             row[1-x] = 0; tomb[1-x] = 0; purged[1-x] = 0
#endif
          :: else fi }
     d_step { EXCL(x) ->
       if :: flips > 0 && fep[x] == e && frole[x] == P && (fph[x] == 1 || fph[x] == 4) ->
             fep[x] = e + 1; fera[x] = e + 1; fsync[x] = 0; flips--;
             if :: fph[x] == 1 -> fph[x] = 2 :: else -> fph[x] = 3 fi
          :: else fi;
       x = 0; e = 0 }
  /* Z leave an era: intents that are still owed are dropped */
  :: d_step { CANZ(OLD) -> fep[OLD]++; fsync[OLD] = 0; ob[OLD] = 0; flips--; fph[OLD] = 1 }
  :: d_step { CANZ(NEW) -> fep[NEW]++; fsync[NEW] = 0; ob[NEW] = 0; flips--; fph[NEW] = 4 }
#ifdef ROLL
  /* R1 raise the primary's epoch;  R2 no older intent is owed;  R3 raise the secondary's */
  :: d_step { CANZ(OLD) -> fep[OLD]++; flips-- }
  :: d_step { CANZ(NEW) -> fep[NEW]++; flips-- }
  :: atomic { (frole[OLD] == P && DUAL(fph[OLD]) && fep[NEW] < fep[OLD] && NOOLD(OLD, fep[OLD]-1)) ||
              (frole[NEW] == P && DUAL(fph[NEW]) && fep[OLD] < fep[NEW] && NOOLD(NEW, fep[NEW]-1)) ->
       if :: frole[OLD] == P && DUAL(fph[OLD]) && fep[NEW] < fep[OLD] && NOOLD(OLD, fep[OLD]-1) -> x = OLD
          :: frole[NEW] == P && DUAL(fph[NEW]) && fep[OLD] < fep[NEW] && NOOLD(NEW, fep[NEW]-1) -> x = NEW fi;
       e = fep[x] }
     d_step { EXCL(1 - x) ->
       if :: fep[1-x] < e -> fep[1-x] = e; frole[1-x] = S :: else fi;
       x = 0; e = 0 }
#endif
  od
}

#define AUTH(x)  (frole[x] == P || frole[x] == D)
#define IS(d)    (row[d] == last || (row[d] == 0 && DEL(last)))
#define SYNCED(x,ph) (AUTH(x) && fph[x] == (ph) && fsync[x] && ob[x] == 0)
#ifdef TPRIME
#define PAIR(d)  (row[d] == 0 || tomb[d] == 0 || V_ver[row[d]] > V_ver[tomb[d]])
#else
#define PAIR(d)  (row[d] == 0 || tomb[d] == 0)
#endif

/* True at every moment. */
active proctype Always() {
end: do
  /* a fenced read returns the newest committed write */
  :: d_step { AUTH(OLD) && !IS(OLD) -> assert(false) }
  :: d_step { AUTH(NEW) && !IS(NEW) -> assert(false) }
  /* never two authorities */
  :: d_step { AUTH(OLD) && AUTH(NEW) -> assert(false) }
  /* rule T or T' */
  :: d_step { !PAIR(OLD) || !PAIR(NEW) -> assert(false) }
  /* synced and nothing owed: the sides are equal (what verify relies on) */
  :: d_step { (SYNCED(OLD, 2) || SYNCED(NEW, 3)) && !(IS(OLD) && IS(NEW)) -> assert(false) }
  /* nothing can move any more: all writes are done and one side is the primary */
  :: d_step { timeout -> assert(ops == 0 && busy == 0 && (frole[OLD] == P || frole[NEW] == P)) }
  od
}

init {
  atomic {
    V_ver[1] = 1; fep[OLD] = 1; fep[NEW] = 1; fera[OLD] = 1;
#ifdef LEFT
    V_del = BIT(1); V_ver[2] = 2; last = 2;
#endif
#if START == 1 || START == 2
    frole[OLD] = P; fph[OLD] = START; row[OLD] = last;
#else
    frole[NEW] = P; fph[NEW] = START; row[NEW] = last;
#endif
#if START == 2 || START == 3
    fsync[START-2] = 1; row[START-2] = last; row[3-START] = last;
#endif
#if START == 4
    row[OLD] = 1;                   /* the former primary kept an older copy */
#endif
#ifdef LEFT
#if START == 1
    tomb[OLD] = 1;
#elif START == 4
    tomb[NEW] = 1; row[OLD] = 0; if :: tomb[OLD] = 1 :: tomb[OLD] = 0 fi;
#else
    tomb[START-2] = 1; if :: tomb[3-START] = 1 :: tomb[3-START] = 0 fi;
#endif
#endif
    run Writer();
#if NW > 1
    run Writer();
#endif
#if NW > 2
    run Writer();
#endif
    run Relay();
#if BFN > 0
    run Backfill();
#endif
#ifdef PURGE
    run Purge();
#endif
#ifdef HOUSE
    run House();
#endif
    run Ctl(); run Ctl()
  }
}
