export { type CallWindow, LeasedWindow, type SharedCount } from '@causeway/runtime';
