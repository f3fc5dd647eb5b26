# SPDX-License-Identifier: BSL-1.0
#
# A component needs its own libraries alone, and what is missing is said in a sentence.
include("${CMAKE_CURRENT_LIST_DIR}/run.cmake")

set(no_sqlite -DCMAKE_DISABLE_FIND_PACKAGE_SQLite3=ON)
set(no_postgres -DCMAKE_DISABLE_FIND_PACKAGE_PostgreSQL=ON)

configure(components "-DWANTED=core|tandem|migration|memory|testing" "-DUNWANTED=sqlite|postgres"
  ${no_sqlite} ${no_postgres})
if(HAVE_POSTGRES)
  configure(components "-DWANTED=postgres" "-DUNWANTED=sqlite|memory|tandem" ${no_sqlite})
  configure(components "-DWANTED=postgres" ${no_postgres}
    EXPECT "component 'postgres' needs PostgreSQL, which was not found \\(Debian: libpq-dev\\)")
endif()
if(HAVE_SQLITE)
  configure(components "-DWANTED=sqlite|tandem" "-DUNWANTED=postgres" ${no_postgres})
  configure(components "-DWANTED=sqlite" ${no_sqlite}
    EXPECT "component 'sqlite' needs SQLite3, which was not found \\(Debian: libsqlite3-dev\\)")
  configure(components "-DWANTED=spool" "-DUNWANTED=sqlite|postgres|tandem" ${no_postgres})
  configure(components "-DWANTED=spool" ${no_sqlite}
    EXPECT "component 'spool' needs SQLite3, which was not found \\(Debian: libsqlite3-dev\\)")
endif()
configure(components "-DWANTED=core|carrier_pigeon"
  EXPECT "tandem has no component 'carrier_pigeon', only core, concepts, engine")
configure(components "-DWANTED=core" -DVERSION=99.0 EXPECT "compatible with requested version")
configure(components "-DWANTED=core" -DVERSION=0.1)

# Without components: all whose libraries are here.
configure(components "-DWANTED=" "-DUNWANTED=sqlite|postgres" ${no_sqlite} ${no_postgres})

# As a package built where SQLite was missing has it.
set(whole "${PREFIX}")
set(PREFIX "${WORK_DIR}/without_sqlite")
file(REMOVE_RECURSE "${PREFIX}")
file(COPY "${whole}/" DESTINATION "${PREFIX}")
file(GLOB_RECURSE sqlite_files "${PREFIX}/*/tandem_sqlite*.cmake")
file(GLOB_RECURSE config "${PREFIX}/*/tandem-config.cmake")
if(sqlite_files)
  file(REMOVE ${sqlite_files})
endif()
file(READ "${config}" text)
string(REGEX REPLACE "(set\\(tandem_components [^)]*) sqlite" "\\1" text "${text}")
file(WRITE "${config}" "${text}")
configure(components "-DWANTED=sqlite"
  EXPECT "tandem was installed without the component 'sqlite': its client library was missing")
configure(components "-DWANTED=" "-DUNWANTED=sqlite")
