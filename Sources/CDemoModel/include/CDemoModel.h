#ifndef CDEMOMODEL_H
#define CDEMOMODEL_H

#endif
