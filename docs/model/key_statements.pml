// SPDX-License-Identifier: BSL-1.0
/* key_statements.pml - the statements of one key in one database, with a
 * tombstone that may stand beside the live row (rule T').  READ COMMITTED:
 *  - SELECT reads what is committed, and its own changes;
 *  - UPDATE and DELETE see the rows committed when the statement starts, wait
 *    for a holder, then check the newest state of the row again;
 *  - INSERT .. ON CONFLICT waits for any holder of the unique key;
 *  - a deleted and re-inserted row is another row: a waiting UPDATE misses it.
 *
 * rv, tv = committed version of the live row and of the tombstone, 0 = none.
 * rh, th = the transaction that holds the row and the tombstone; pr, pt = what
 * it will commit.  kl = holder of the key lock.
 *
 * MODE=0  applies at the secondary: versions 3, 4, 5 and 3 again, each an upsert
 *         or a delete, from {nothing, row 2, tombstone 2, row 2 beside tombstone 1}
 *         Apply:  key lock; upsert: INSERT .. WHERE NOT EXISTS(tombstone of version >= v)
 *         ON CONFLICT DO UPDATE WHERE version < v;  delete: DELETE WHERE version < v,
 *         then, as a new statement, the tombstone unless a live row exists.
 *   UPDFIRST     an upsert tries UPDATE WHERE version < v without the key lock first
 *   SCLEAR       an upsert removes the tombstone in the end
 * MODE=1  writes at the primary: each an upsert, a delete or an update
 *         Upsert: key lock; INSERT with greatest(tombstone + 1, floor + 1) from one
 *         snapshot, ON CONFLICT DO UPDATE greatest(row + 1, that).  Update: no key
 *         lock, row + 1.  Delete: key lock; DELETE, tombstone row + 1.
 * A purge (MODE=1) and a housekeeper (DELETE tombstone WHERE EXISTS row of a
 * greater version) run beside them.  N = number of writes (3).
 * Mutations, each of which must fail: MUT_* below.
 */
#ifndef N
#define N 3
#endif
#define HK 5                /* housekeeper */
#define PU 6                /* purge */
byte rv, tv, floor;
byte rh, th, kl;
byte rinc, tinc;            /* which row, which tombstone: counts insertions */
byte pr[7], pt[7];
bit  hr[7], ht[7];
byte done;

#define SEEROW(i)  (hr[i] -> pr[i] : rv)
#define SEETOMB(i) (ht[i] -> pt[i] : tv)
#define ROWFREE(i) (rh == 0 || rh == i)
#define TOMBFREE(i) (th == 0 || th == i)
#define SETROW(i,x) rh = i; hr[i] = 1; pr[i] = x
#define SETTOMB(i,x) th = i; ht[i] = 1; pt[i] = x
#define PUBLISH(i) \
   if :: hr[i] -> if :: rv == 0 && pr[i] != 0 -> rinc++ :: else fi; rv = pr[i]; rh = 0; hr[i] = 0; pr[i] = 0 :: else fi; \
   if :: ht[i] -> if :: tv == 0 && pt[i] != 0 -> tinc++ :: else fi; tv = pt[i]; th = 0; ht[i] = 0; pt[i] = 0 :: else fi; \
   if :: kl == i -> kl = 0 :: else fi; \
   assert(rv == 0 || tv == 0 || rv > tv)
#define ROLLBACK(i) d_step { \
   if :: hr[i] -> rh = 0; hr[i] = 0; pr[i] = 0 :: else fi; \
   if :: ht[i] -> th = 0; ht[i] = 0; pt[i] = 0 :: else fi; \
   if :: kl == i -> kl = 0 :: else fi }
#define KEYLOCK(i) atomic { kl == 0 -> kl = i }
/* UPDATE or DELETE .. WHERE version < g: the row becomes x; n = rows changed */
#define CHANGE(i,g,x) d_step { sees = (SEEROW(i) != 0); n = 0; inc = rinc }; \
   if :: sees -> atomic { ROWFREE(i) -> \
           if :: inc == rinc && SEEROW(i) != 0 && SEEROW(i) < g -> SETROW(i, x); n = 1 :: else fi } \
      :: else fi
#define RAISETOMB(i,g) atomic { TOMBFREE(i) -> if :: SEETOMB(i) < g -> SETTOMB(i, g) :: else fi }

/* The two records are joined in the statement's snapshot; after a wait the
 * tombstone is checked again, against the row of the snapshot. */
proctype House() {
  byte r, inc;
end: atomic { rv != 0 && tv != 0 && tv < rv -> r = rv; inc = tinc }
  atomic { TOMBFREE(HK) ->
#ifdef MUT_HOUSEBLIND                     /* looked first, then DELETE .. WHERE key */
     if :: tv != 0 -> SETTOMB(HK, 0) :: else fi };
#else
     if :: tv != 0 && inc == tinc && tv < r -> SETTOMB(HK, 0) :: else fi };
#endif
  d_step { PUBLISH(HK) }
}

#if MODE == 0
#if defined(MUT_NOKL)                     /* no key lock */
#define LOCK_U(i)
#define LOCK_D(i)
#elif defined(MUT_KLUPS)                  /* upserts only */
#define LOCK_U(i) KEYLOCK(i)
#define LOCK_D(i)
#elif defined(MUT_KLDEL)                  /* deletes only */
#define LOCK_U(i)
#define LOCK_D(i) KEYLOCK(i)
#else
#define LOCK_U(i) KEYLOCK(i)
#define LOCK_D(i) KEYLOCK(i)
#endif
#if !defined(MUT_TNOCMP)
#define REFUSES(f,g) (f >= g)
#elif MUT_TNOCMP == 1                     /* any tombstone refuses */
#define REFUSES(f,g) (f != 0)
#else                                     /* the tombstone is not looked at */
#define REFUSES(f,g) 0
#endif
byte isdel;
#define DEL(g) ((isdel >> (g)) & 1)
proctype Apply(byte i; byte g) {
  byte f, n, inc; bit sees;
  if
  :: !DEL(g) ->
#ifdef UPDFIRST
     CHANGE(i, g, g);
     if :: n == 1 -> goto com :: else fi;
#endif
     LOCK_U(i);
     f = SEETOMB(i);
     if :: REFUSES(f, g) -> ROLLBACK(i); goto fin :: else fi;
     atomic { ROWFREE(i) -> if :: SEEROW(i) < g -> SETROW(i, g) :: else fi };
#ifdef SCLEAR
     if :: SEETOMB(i) != 0 -> atomic { TOMBFREE(i) -> if :: SEETOMB(i) < g -> SETTOMB(i, 0) :: else fi } :: else fi
#endif
  :: else ->
     LOCK_D(i);
     CHANGE(i, g, 0);
     if :: SEEROW(i) == 0 -> RAISETOMB(i, g) :: else fi
  fi;
com: skip; d_step { PUBLISH(i) };
fin: done++
}
active proctype Check() {
end: do
  :: d_step { timeout -> assert(done == 4);
       assert(DEL(5) -> (rv == 0 && tv == 5) : (rv == 5 && tv < 5)) } goto stop
  od;
stop: endstop: false
}
init { atomic {
  if :: skip :: rv = 2 :: tv = 2 :: rv = 2; tv = 1 fi;
  if :: isdel = 0 :: isdel = 8 :: isdel = 16 :: isdel = 24 :: isdel = 32 :: isdel = 40 :: isdel = 48 :: isdel = 56 fi;
  run House();
  run Apply(1, 3); run Apply(2, 4); run Apply(3, 5); run Apply(4, 3) } }

#else
#if defined(MUT_NOKL)                     /* no key lock */
#define LOCK_U(i)
#define LOCK_D(i)
#elif defined(MUT_KLUPS)                  /* upserts only */
#define LOCK_U(i) KEYLOCK(i)
#define LOCK_D(i)
#elif defined(MUT_KLDEL)                  /* deletes only */
#define LOCK_U(i)
#define LOCK_D(i) KEYLOCK(i)
#else
#define LOCK_U(i) KEYLOCK(i)
#define LOCK_D(i) KEYLOCK(i)
#endif
byte newest;                /* version of the newest committed write */
bit  gone;                  /* it is a delete */
bit  owed;                  /* an intent of this key is in the outbox */
proctype Write(byte i) {
  byte k, f, fl, n, v, inc; bit sees;
  if :: k = 0 :: k = 1 :: k = 2 fi;
  if
  :: k == 0 ->
     LOCK_U(i);
#ifdef MUT_FLOORFIRST                     /* floor in one statement, tombstone in the next */
     fl = floor;
     f = SEETOMB(i);
#else
     d_step { f = SEETOMB(i); fl = floor };
#endif
     atomic { ROWFREE(i) ->
       v = f + 1;
       if :: v <= fl -> v = fl + 1 :: else fi;
       if :: SEEROW(i) != 0 && v <= SEEROW(i) -> v = SEEROW(i) + 1 :: else fi;
       SETROW(i, v) }
  :: else ->
     if :: k == 1 -> LOCK_D(i) :: else fi;
     d_step { sees = (SEEROW(i) != 0); n = 0; inc = rinc };
     if
     :: sees -> atomic { ROWFREE(i) ->
          if :: inc == rinc && SEEROW(i) != 0 -> v = SEEROW(i) + 1; n = 1;
                if :: k == 1 -> SETROW(i, 0) :: else -> SETROW(i, v) fi
             :: else fi }
     :: else
     fi;
     if :: n == 0 -> ROLLBACK(i); goto fin :: else fi;
     if :: k == 1 -> RAISETOMB(i, v) :: else fi
  fi;
  d_step {
    assert(v > newest);     /* versions rise in the order of the commits */
    newest = v; gone = (k == 1); owed = 1;
    PUBLISH(i);
    assert(gone -> (rv == 0 && tv == newest) : rv == newest) };
fin: done++
}
/* SELECT key, version of tombstones that are not owed; DELETE .. WHERE key and
 * version are those; raise the floor.  One transaction. */
proctype Purge() {
  byte v, inc, n = 2;
end: do
  :: atomic { n > 0 && tv != 0 && owed == 0 -> n--; v = tv; inc = tinc }
     atomic { TOMBFREE(PU) ->
#ifdef MUT_PURGEBYKEY                     /* DELETE .. WHERE key: a raised tombstone goes too */
       if :: tv != 0 && inc == tinc -> v = tv; SETTOMB(PU, 0) :: else fi };
#else
       if :: tv == v && inc == tinc -> SETTOMB(PU, 0) :: else fi };
#endif
     d_step {
       if
       :: ht[PU] ->
          assert(!(gone && newest == v && owed != 0));   /* an owed delete keeps its tombstone */
#ifndef MUT_NOFLOOR                       /* a purge that does not raise the floor */
          if :: floor < v -> floor = v :: else fi
#endif
       :: else
       fi;
       v = 0; inc = 0; PUBLISH(PU) }
  od
}
proctype Deliver() { end: do :: d_step { owed != 0 -> owed = 0 } od }
active proctype Check() {
end: do :: d_step { timeout -> assert(done == N) } goto stop od;
stop: endstop: false
}
init { atomic {
  if :: gone = 1 :: rv = 1; newest = 1 :: tv = 1; newest = 1; gone = 1 :: rv = 2; tv = 1; newest = 2 fi;
  run House(); run Purge(); run Deliver();
  run Write(1); run Write(2); run Write(3);
#if N > 3
  run Write(4)
#endif
  } }
#endif
