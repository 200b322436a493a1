package guardian

import "context"

// OpenStream tells the guardian what is new for as long as they may know it (V15). Opening it is no look at a child: it shows none.
func (f *Flows) OpenStream(ctx context.Context, _ OpenStreamRequestObject) (OpenStreamResponseObject, error) {
	ear, err := f.family(ctx).Ear(ctx)
	if err != nil {
		return nil, err
	}
	stream, err := f.Streams.Open(ctx, ear)
	if err != nil {
		return nil, err
	}
	return nil, stream // the rim writes it, after this flow and its deadline are over
}
