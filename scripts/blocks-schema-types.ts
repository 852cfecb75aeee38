import type { KnownBlock, ModalView, HomeView } from '@slack/types';
export type Shown = { message: KnownBlock[]; modal: ModalView; home: HomeView };
