/** What is said of updates outside the page. */
import type { Phrase } from "../phrases.ts";
import type { Expected } from "./verify.ts";

export const phrases = {
  choose: {
    en: "Install an update from a file",
    ko: "파일에서 업데이트 설치",
    ja: "ファイルからアップデートをインストール",
  },
  packages: { en: "Outpost packages", ko: "Outpost 패키지", ja: "Outpost パッケージ" },
  refused: {
    en: "The update was not installed",
    ko: "업데이트가 설치되지 않았습니다",
    ja: "アップデートはインストールされませんでした",
  },
  install: { en: "Install", ko: "설치", ja: "インストール" },
  showFile: { en: "Show file", ko: "파일 표시", ja: "ファイルを表示" },
  question: ({ version, age }: Expected): Phrase =>
    age === "newer"
      ? {
          en: `Install Outpost ${version}?`,
          ko: `Outpost ${version}을(를) 설치하시겠습니까?`,
          ja: `Outpost ${version} をインストールしますか?`,
        }
      : age === "same"
        ? {
            en: `Outpost ${version} is the version that runs. Install it again?`,
            ko: `Outpost ${version}은(는) 현재 버전입니다. 다시 설치하시겠습니까?`,
            ja: `Outpost ${version} は現在のバージョンです。もう一度インストールしますか?`,
          }
        : {
            en: `Outpost ${version} is older than the version that runs. Install it all the same?`,
            ko: `Outpost ${version}은(는) 현재 버전보다 오래되었습니다. 그래도 설치하시겠습니까?`,
            ja: `Outpost ${version} は現在のバージョンより古いものです。それでもインストールしますか?`,
          },
  versions: (now: string, next: string): Phrase => ({
    en: `Version now: ${now}\nVersion of the file: ${next}`,
    ko: `현재 버전: ${now}\n파일의 버전: ${next}`,
    ja: `現在のバージョン: ${now}\nファイルのバージョン: ${next}`,
  }),
  key: (fingerprint: string): Phrase => ({
    en: `Signed by the key ${fingerprint}`,
    ko: `서명한 키: ${fingerprint}`,
    ja: `署名した鍵: ${fingerprint}`,
  }),
  older: {
    en: "An older Outpost refuses a database that a newer one has changed.",
    ko: "이전 버전의 Outpost는 최신 버전이 변경한 데이터베이스를 열지 않습니다.",
    ja: "古い Outpost は、新しい Outpost が変更したデータベースを開きません。",
  },
  quits: {
    en: "Outpost quits first, then the installer starts.",
    ko: "Outpost가 먼저 종료된 후 설치 프로그램이 시작됩니다.",
    ja: "Outpost が終了してから、インストーラーが起動します。",
  },
  opens: {
    en: "The system opens the package. Quit Outpost before it is replaced, and start it again afterwards.",
    ko: "시스템이 패키지를 엽니다. 교체하기 전에 Outpost를 종료하고, 완료 후 다시 시작하십시오.",
    ja: "システムがパッケージを開きます。置き換える前に Outpost を終了し、その後もう一度起動してください。",
  },
  appImage: {
    en: "The file is shown in its folder. Quit Outpost, move the file over the one that you start, and start it.",
    ko: "파일이 폴더에 표시됩니다. Outpost를 종료하고, 실행하던 파일을 이 파일로 바꾼 후 시작하십시오.",
    ja: "ファイルをフォルダーに表示します。Outpost を終了し、起動に使っているファイルと置き換えてから起動してください。",
  },
  found: (version: string): Phrase => ({
    en: `Outpost ${version} is there`,
    ko: `Outpost ${version} 버전이 있습니다`,
    ja: `Outpost ${version} があります`,
  }),
  foundBody: {
    en: "Install it in Settings, Desktop.",
    ko: "설정의 데스크톱에서 설치할 수 있습니다.",
    ja: "設定の「デスクトップ」でインストールできます。",
  },
} as const;
