@echo off
rem Starts Outpost with the Node that is on the PATH, or the one that OUTPOST_NODE names.
setlocal
if not defined OUTPOST_NODE set "OUTPOST_NODE=node"
"%OUTPOST_NODE%" -e "process.exit(Number(process.versions.node.split('.')[0]) < 22)" >nul 2>&1
if errorlevel 1 (
  echo outpost: install Node 22 or newer, or name one in OUTPOST_NODE 1>&2
  exit /b 1
)
"%OUTPOST_NODE%" "%~dp0..\app\dist\outpost.js" %*
exit /b %errorlevel%
