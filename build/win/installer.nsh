; What electron-builder's installer leaves out: the scheme `outpost:`, for the user who installs, and away again with the app.

!macro customInstall
  WriteRegStr SHELL_CONTEXT "Software\Classes\outpost" "" "URL:Outpost"
  WriteRegStr SHELL_CONTEXT "Software\Classes\outpost" "URL Protocol" ""
  WriteRegStr SHELL_CONTEXT "Software\Classes\outpost\DefaultIcon" "" "$INSTDIR\${APP_EXECUTABLE_FILENAME},0"
  WriteRegStr SHELL_CONTEXT "Software\Classes\outpost\shell\open\command" "" '"$INSTDIR\${APP_EXECUTABLE_FILENAME}" "%1"'
!macroend

!macro customUnInstall
  ${ifNot} ${isUpdated}
    DeleteRegKey SHELL_CONTEXT "Software\Classes\outpost"
  ${endIf}
!macroend
