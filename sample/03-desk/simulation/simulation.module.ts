import { type DynamicModule, Module } from '@nestjs/common';
import { ConsumerController } from './consumer.controller.js';
import { Simulation } from './simulation.js';

/** The simulated consumer. Leave it out in production. */
@Module({ controllers: [ConsumerController] })
export class SimulationModule {
  static register(simulation: Simulation): DynamicModule {
    return {
      module: SimulationModule,
      providers: [{ provide: Simulation, useFactory: () => simulation }],
    };
  }
}
