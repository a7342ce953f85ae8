import { library } from '../../tools/tsup-preset.ts'

export default library({ index: 'src/index.ts', presets: 'src/presets/index.ts' })
