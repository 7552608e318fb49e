import { describe, expect, it } from '@jest/globals';
import {
  listenerMetadata,
  markListener,
  prototypesWithListeners,
} from '../../../lib/listeners/listener.metadata.js';

class Base {
  first(): void {}
  second(): void {}
}
class Sub extends Base {
  override second(): void {}
}

describe('The metadata of listeners', () => {
  it('are those of the class that declares the method', () => {
    markListener(Base.prototype, 'first', { actionTypes: ['USER_RESPONSE'] });
    markListener(Base.prototype, 'second', { actionTypes: [] });
    expect(listenerMetadata(Sub.prototype, 'first')).toEqual({ actionTypes: ['USER_RESPONSE'] });
    expect(listenerMetadata(Base.prototype, 'second')).toEqual({ actionTypes: [] });
    // It is overridden without the decorator.
    expect(listenerMetadata(Sub.prototype, 'second')).toBeUndefined();
    expect(listenerMetadata(Sub.prototype, 'third')).toBeUndefined();
  });

  it('list each class once', () => {
    class Listener {}
    markListener(Listener.prototype, 'first', { actionTypes: [] });
    markListener(Listener.prototype, 'second', { actionTypes: [] });
    expect(prototypesWithListeners().filter((known) => known === Listener.prototype)).toHaveLength(
      1,
    );
  });
});
