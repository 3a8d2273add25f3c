export { freePort } from '@causeway/runtime/testing/free-ports';
