import type { HomeView, KnownBlock, ModalView } from '@slack/types';
export type Shown = { message: KnownBlock[]; modal: ModalView; home: HomeView };
